import { useShown } from '../parts/known.tsx'
import type { PartProps } from '../parts/part.ts'
import {
  CodeList,
  Codes,
  CodesError,
  CodesHint,
  CodesTitle,
  CopyCodes,
  CopyNote,
  DownloadCodes,
  KeepCodes,
  KeepNote,
  PrintCodes,
  RenewCodes,
} from '../parts/recovery-codes.tsx'
import { useHeldPlace } from '../parts/use-held-place.ts'

/**
 * Shows new recovery codes until the person confirms that they are saved. Afterwards shows how many are left, with a button for
 * new ones. Put one `<StepUpDialog />` next to it for the prompt of that button. Renders nothing otherwise.
 */
export function RecoveryCodes(props: PartProps<'section'>) {
  const isRenewable = useShown('renewable')
  return <CodesInPlace isRenewable={isRenewable} {...props} />
}

/** Shows new recovery codes, and nothing once they are saved. */
export const NewRecoveryCodes = () => <CodesInPlace isRenewable={false} />

function CodesInPlace({ isRenewable, ...props }: PartProps<'section'> & { isRenewable: boolean }) {
  const isShown = useShown('recovery-codes')
  const { minHeight, hold } = useHeldPlace()
  if (!isShown && !isRenewable)
    return minHeight !== undefined && <div part="codes-place" style={{ minHeight }} />
  return (
    <div part="codes-place" style={{ minHeight }} onClickCapture={hold}>
      <Codes {...props}>
        <CodesTitle />
        <CodesHint />
        {isShown ? (
          <>
            <CodeList />
            <div part="row">
              <CopyCodes />
              <DownloadCodes />
              <PrintCodes />
            </div>
            <CopyNote />
            <KeepNote />
            <KeepCodes />
          </>
        ) : (
          <div part="choices">
            <RenewCodes />
            <KeepCodes />
          </div>
        )}
        <CodesError />
      </Codes>
    </div>
  )
}

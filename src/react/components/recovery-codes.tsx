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
  RenewCodes,
} from '../parts/recovery-codes.tsx'

/**
 * Shows new recovery codes until the person confirms that they are saved. Afterwards shows how many are left, and a button
 * for new ones: put one `<StepUpDialog />` next to it, for the code that this asks for. Renders nothing otherwise.
 */
export function RecoveryCodes(props: PartProps<'section'>) {
  const isShown = useShown('recovery-codes')
  const isRenewable = useShown('renewable')
  if (!isShown && !isRenewable) return null
  return (
    <Codes {...props}>
      <CodesTitle />
      <CodesHint />
      {isShown ? (
        <>
          <CodeList />
          <div part="row">
            <CopyCodes />
            <DownloadCodes />
          </div>
          <CopyNote />
          <KeepCodes />
        </>
      ) : (
        <div part="choices">
          <KeepCodes />
          <RenewCodes />
        </div>
      )}
      <CodesError />
    </Codes>
  )
}

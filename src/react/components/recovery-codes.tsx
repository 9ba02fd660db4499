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
 * The recovery codes, new or made anew, until the person says that they are kept. Afterwards how many are left, and a
 * button for new ones: put one `<StepUpDialog />` beside it, for the code that this asks for. Else nothing.
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

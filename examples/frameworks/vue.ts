/** Vue: the view as a ref, and a component over it. The words and the code field's rules come along. */
import type { TotpFlow, TotpView } from 'totp-flow'
import { en, sentenceOf } from 'totp-flow/messages'
import { qrPath } from 'totp-flow/qr'
import { defineComponent, h, onScopeDispose, type PropType, type ShallowRef, shallowRef } from 'vue'

/** What a screen needs to know, as it changes. */
export function totpView(flow: TotpFlow): ShallowRef<TotpView> {
  const view = shallowRef(flow.getView())
  onScopeDispose(
    flow.subscribe(() => {
      view.value = flow.getView()
    }),
  )
  return view
}

export const Enrollment = defineComponent({
  props: { flow: { type: Object as PropType<TotpFlow>, required: true } },
  setup({ flow }) {
    const view = totpView(flow)
    const type = ({ target }: Event) => target instanceof HTMLInputElement && flow.submitCode(target.value)
    return () => {
      const { can, device, error, registration, showsCodeField } = view.value
      if (device?.verified) return h('p', en.device.on)
      if (!showsCodeField)
        return h('button', { disabled: !can.register, onClick: () => flow.register() }, en.device.setUp)
      const { size, path, ground } = registration
        ? qrPath(registration.unseal().uri)
        : { size: 0, path: '', ground: '' }
      return h('label', [
        h('svg', { viewBox: `0 0 ${size} ${size}` }, [
          h('path', { d: ground, fill: '#fff' }),
          h('path', { d: path, fill: '#000' }),
        ]),
        en.code.label,
        h('input', { inputmode: 'numeric', autocomplete: 'one-time-code', onChange: type }),
        h('p', { role: 'alert' }, error ? sentenceOf(en, error) : ''),
      ])
    }
  },
})

import { StrictMode, useState } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { createTotpFlow, type TotpBackend, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import {
  TotpFlowProvider,
  useAuthenticateTotpMfaDevice,
  useDeleteMfaDevice,
  useGetMfaDevices,
  useRegisterTotpMfaDevice,
  useTotpFlow,
} from 'totp-flow/react'
import { authenticator } from 'totp-flow/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { PASSWORD, passwordService } from '../support/password-service.ts'

let root: Root
let flow: TotpFlow
let registrations = 0
beforeEach(() => {
  registrations = 0
  const real = memoryBackend()
  const backend: TotpBackend = {
    ...real,
    registerTotpMfaDevice: (o) => {
      registrations++
      return real.registerTotpMfaDevice(o)
    },
  }
  flow = createTotpFlow({ backend })
  const element = document.createElement('div')
  document.body.replaceChildren(element)
  root = createRoot(element)
})
afterEach(() => {
  root.unmount()
  flow.stop()
})

function Enrollment() {
  const [code, setCode] = useState('')
  const { mutate: registerDevice, data: registration, isPending } = useRegisterTotpMfaDevice()
  const { mutate: authenticate, isSuccess, error } = useAuthenticateTotpMfaDevice()
  if (isSuccess) return <p>enrolled</p>
  if (!registration) {
    return (
      <button type="button" onClick={registerDevice} disabled={isPending}>
        set up
      </button>
    )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        authenticate({ code })
      }}
    >
      <output>{registration.secret}</output>
      <input aria-label="code" value={code} onChange={(event) => setCode(event.target.value)} />
      <button type="submit">verify</button>
      <p role="alert">{error?.message}</p>
    </form>
  )
}

const render = (ui: React.ReactNode) =>
  root.render(
    <StrictMode>
      <TotpFlowProvider flow={flow}>{ui}</TotpFlowProvider>
    </StrictMode>,
  )

it('the two hooks enroll under StrictMode, with one registration', async () => {
  const complaints = vi.spyOn(console, 'error')
  render(<Enrollment />)
  await flow.waitFor(({ device }) => device === null)
  await page.getByRole('button', { name: 'set up' }).click()
  await expect.element(page.getByRole('status')).toBeVisible()
  const secret = page.getByRole('status').element().textContent ?? ''
  await page.getByLabelText('code').fill('12')
  await page.getByRole('button', { name: 'verify' }).click()
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('A code is six digits. Check it and try again.')
  await page.getByLabelText('code').fill(authenticator(secret).code())
  await page.getByRole('button', { name: 'verify' }).click()
  await expect.element(page.getByText('enrolled')).toBeVisible()
  expect(registrations).toBe(1)
  expect(complaints).not.toHaveBeenCalled()
})

interface Hooks {
  register: () => Promise<{ secret: string }>
  authenticate: (code: string) => Promise<unknown>
}
function Grab({ onHooks }: { onHooks: (hooks: Hooks) => void }) {
  const { mutateAsync: register } = useRegisterTotpMfaDevice()
  const { mutateAsync: authenticate } = useAuthenticateTotpMfaDevice()
  onHooks({ register, authenticate: (code) => authenticate({ code }) })
  return null
}

it('mutateAsync resolves with the elevation and rejects with a typed error', async () => {
  const hooks = await new Promise<Hooks>((resolve) => render(<Grab onHooks={resolve} />))
  await flow.waitFor(({ device }) => device === null)
  const { secret } = await hooks.register()
  await expect(hooks.authenticate('000')).rejects.toMatchObject({ code: 'malformed_code' })
  await expect(hooks.authenticate(authenticator(secret).code())).resolves.toMatchObject({ scopes: [] })
  await expect(hooks.register()).rejects.toMatchObject({ code: 'device_limit' })
})

it('a click before the backend has answered is not lost', async () => {
  render(<Enrollment />)
  await page.getByRole('button', { name: 'set up' }).click()
  await expect.element(page.getByRole('status')).toBeVisible()
  expect(registrations).toBe(1)
})

it('a click loads the devices again if nobody was signed in before', async () => {
  flow.signOut()
  render(<Enrollment />)
  await page.getByRole('button', { name: 'set up' }).click()
  await expect.element(page.getByRole('status')).toBeVisible()
})

function Removal({ id }: { id?: string }) {
  const { data: devices, isPending: isLoading } = useGetMfaDevices()
  const removal = useDeleteMfaDevice()
  const { mutate: authenticate } = useAuthenticateTotpMfaDevice()
  const [code, setCode] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        authenticate({ code })
      }}
    >
      <output>
        {isLoading ? 'loading' : `${devices?.filter(({ verified }) => verified).length} devices`}
      </output>
      <button type="button" onClick={() => removal.mutate(id === undefined ? undefined : { deviceId: id })}>
        remove
      </button>
      <input aria-label="code" value={code} onChange={(event) => setCode(event.target.value)} />
      <button type="submit">verify</button>
      {removal.isSuccess && <p>removed</p>}
      <p role="alert">{removal.error?.code}</p>
    </form>
  )
}

async function enroll(): Promise<string> {
  await flow.settled()
  flow.register()
  const { secret = '' } = (await flow.settled()).registration?.unseal() ?? {}
  flow.submitCode(authenticator(secret).code())
  await flow.settled()
  return secret
}
const nextCode = (secret: string) => authenticator(secret).code(1)

it('useDeleteMfaDevice removes the listed device after a code', async () => {
  const secret = await enroll()
  render(<Removal />)
  await expect.element(page.getByRole('status')).toHaveTextContent('1 devices')
  await page.getByRole('button', { name: 'remove' }).click()
  await page.getByLabelText('code').fill('12')
  await page.getByRole('button', { name: 'verify' }).click()
  await expect.element(page.getByRole('alert')).toHaveTextContent('malformed_code')
  await page.getByLabelText('code').fill(nextCode(secret))
  await page.getByRole('button', { name: 'verify' }).click()
  await expect.element(page.getByText('removed')).toBeVisible()
  await expect.element(page.getByRole('status')).toHaveTextContent('0 devices')
})

it('useDeleteMfaDevice removes only the named device', async () => {
  await enroll()
  render(<Removal id="another" />)
  await page.getByRole('button', { name: 'remove' }).click()
  await expect.element(page.getByRole('alert')).toHaveTextContent('no_device')
  expect(flow.getView().device?.verified).toBe(true)
})

function GrabRemoval({ onRemoval }: { onRemoval: (remove: () => Promise<void>) => void }) {
  onRemoval(useDeleteMfaDevice().mutateAsync)
  return null
}

it('a removal that the person cancels rejects as cancelled', async () => {
  await enroll()
  const remove = await new Promise<() => Promise<void>>((resolve) =>
    render(<GrabRemoval onRemoval={resolve} />),
  )
  const outcome = expect(remove()).rejects.toMatchObject({ code: 'cancelled' })
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.cancel()
  await outcome
})

function HasDevice({ onRender }: { onRender: () => void }) {
  onRender()
  return <p>{useTotpFlow((view) => view.device === null && 'none')}</p>
}

it('a selector re-renders only for changes of its pick', async () => {
  const onRender = vi.fn()
  root.render(
    <TotpFlowProvider flow={flow}>
      <HasDevice onRender={onRender} />
    </TotpFlowProvider>,
  )
  await expect.element(page.getByText('none')).toBeVisible()
  const before = onRender.mock.calls.length
  flow.refresh()
  await flow.settled()
  expect(onRender).toHaveBeenCalledTimes(before)
})

function Lost() {
  useTotpFlow()
  return null
}

it('a hook without a provider says what is missing', () => {
  expect(() => renderToString(<Lost />)).toThrow('needs a <TotpFlowProvider> with a flow')
})

let hooks: {
  register: ReturnType<typeof useRegisterTotpMfaDevice>
  remove: ReturnType<typeof useDeleteMfaDevice>
}
function Mutations() {
  hooks = { register: useRegisterTotpMfaDevice(), remove: useDeleteMfaDevice() }
  return <p>{`${hooks.register.error?.code} ${hooks.remove.error?.code}`}</p>
}

it('a mutation waits for the password, shows a wrong one, and ends only when the person cancels', async () => {
  flow.stop()
  flow = createTotpFlow({ backend: passwordService() })
  root.render(
    <TotpFlowProvider flow={flow}>
      <Mutations />
    </TotpFlowProvider>,
  )
  await expect.element(page.getByText('undefined undefined')).toBeVisible()
  const ended = vi.fn()
  const outcomeOf = (call: Promise<unknown>) => {
    const outcome = call.then(
      () => 'done',
      (error) => error.code,
    )
    outcome.then(ended)
    return outcome
  }
  const type = async (password: string) => {
    await flow.waitFor(({ can }) => can.submitPassword)
    expect(ended).not.toHaveBeenCalled()
    flow.submitPassword(password)
    await flow.settled()
  }

  const left = outcomeOf(hooks.register.mutateAsync())
  await flow.waitFor(({ showsPasswordField }) => showsPasswordField)
  flow.cancel()
  expect(await left).toBe('cancelled')
  ended.mockClear()

  const registered = outcomeOf(hooks.register.mutateAsync())
  await type('wrong')
  await expect.element(page.getByText('invalid_password undefined')).toBeVisible()
  await type(PASSWORD)
  expect(await registered).toBe('done')
  flow.submitCode('123456')
  await flow.waitFor(({ state }) => state === 'elevated')
  ended.mockClear()

  const removed = outcomeOf(hooks.remove.mutateAsync())
  await type('wrong')
  await expect.element(page.getByText('undefined invalid_password')).toBeVisible()
  await type(PASSWORD)
  expect(await removed).toBe('done')
})

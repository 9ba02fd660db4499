import { expect, it } from 'vitest'
import { command } from '../support/cli-in-process.ts'

it('each misspelled variable is reported once', async () => {
  const { err } = await command(['users', 'list'], {
    DATABASE_URL: 'sqlite::memory:',
    TOTP_FLOW_ISUER: 'Example',
    TOTP_FLOW_MFA_REQUIERD: 'true',
  })
  expect(err).toContain(
    'TOTP_FLOW_ISUER is unknown to totp-flow. Correct its name: totp-flow users list --help\n',
  )
  expect(err.match(/is unknown/g)).toHaveLength(2)
})

it('known variables, and those of Kubernetes, are not reported', async () => {
  const { err } = await command(['users', 'list'], {
    DATABASE_URL: 'sqlite::memory:',
    TOTP_FLOW_ISSUER: 'Example',
    TOTP_FLOW_MASTER_KEY_FILE: '/nowhere',
    TOTP_FLOW_SERVICE_HOST: '10.0.0.1',
    TOTP_FLOW_SERVICE_PORT_HTTP: '4380',
    TOTP_FLOW_PORT: 'tcp://10.0.0.1:4380',
    TOTP_FLOW_PORT_4380_TCP_ADDR: '10.0.0.1',
    TOTP_FLOW_DB_PORT_5432_TCP: 'tcp://10.0.0.2:5432',
  })
  expect(err).not.toContain('says nothing')
})

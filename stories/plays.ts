import type { Person } from './person.ts'

/** What people do in the same way on every page, with or without React. */
export async function enroll(me: Person) {
  await me.clicks('Set up authenticator app')
  await me.scans()
  await me.typesCode()
  await me.sees('Authenticator app is on')
  await me.clicks('Copy codes')
  await me.clicks('I have saved these codes')
  await me.seesNo('Save your recovery codes')
}

export async function stepUpAndExport(me: Person) {
  await me.clicks('Export private key')
  await me.sees('Confirm it’s you')
  await me.typesCode()
  await me.sees('The key is exported.')
  await me.seesNo('Confirm it’s you')
}

export async function wrongCodeThenRight(me: Person) {
  await me.clicks('Set up authenticator app')
  await me.scans()
  await me.typesWrongCode()
  await me.sees(/didn’t match/)
  await me.typesCode()
  await me.sees('Authenticator app is on')
}

export async function remove(me: Person) {
  await me.clicks('Remove authenticator app')
  await me.sees('Remove authenticator app')
  await me.typesCode()
  await me.sees('No authenticator app yet')
}

/** From setup to removal with a service that takes the password for each action. */
export async function passwords(me: Person) {
  await me.clicks('Set up authenticator app')
  await me.typesPassword('a wrong password')
  await me.sees(/password isn’t right/)
  await me.typesPassword()
  await me.scans()
  await me.typesCode()
  await me.sees('Authenticator app is on')
  await me.clicks('Copy codes')
  await me.clicks('I have saved these codes')
  await me.clicks('Generate new codes')
  await me.sees('Confirm it’s you')
  await me.typesPassword()
  await me.sees('Save your recovery codes')
  await me.clicks('Remove authenticator app')
  await me.sees('Remove authenticator app')
  await me.typesPassword()
  await me.sees('No authenticator app yet')
}

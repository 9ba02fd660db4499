import { fetchAuthSession } from 'aws-amplify/auth'
import { secondFactor } from './page-tokens.ts'

export const secondFactorOfCognito = (api: string) =>
  secondFactor(api, async () => (await fetchAuthSession()).tokens?.accessToken.toString() ?? null)

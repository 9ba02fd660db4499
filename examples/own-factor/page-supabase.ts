import type { SupabaseClient } from '@supabase/supabase-js'
import { secondFactor } from './page-tokens.ts'

export const secondFactorOfSupabase = (api: string, { auth }: Pick<SupabaseClient, 'auth'>) =>
  secondFactor(api, async () => (await auth.getSession()).data.session?.access_token ?? null)

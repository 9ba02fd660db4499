/**
 * Supabase Auth behind the flow: docs/providers/supabase.md. Takes the client that your app has.
 *
 * @module totp-flow/supabase
 */
export type { SupabaseAuth, SupabaseOptions } from './supabase-backend.ts'
export { supabaseBackend } from './supabase-backend.ts'

/**
 * Supabase Auth as a backend: docs/providers/supabase.md. Uses your app's own client.
 *
 * @module totp-flow/supabase
 */
export type { SupabaseAuth, SupabaseOptions } from './supabase-backend.ts'
export { supabaseBackend } from './supabase-backend.ts'

import { clearSession, session } from '@/model/session'
import { createClient } from './client'

export const api = createClient({
  fetch: (...args) => fetch(...args),
  token: () => session.value?.token ?? null,
  onExpired: () => clearSession('expired'),
})

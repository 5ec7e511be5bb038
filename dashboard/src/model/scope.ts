// Which unit and which day the desk looks at: both live in the address. The list of units is read once a session.
import { computed, ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api } from '@/api'
import { ApiProblem } from '@/api/client'
import type { Unit } from '@/api/types'
import { isDate, localDate } from './format'

export const now = ref(Date.now()) // the clock in the header; moved on by App
export const today = computed(() => localDate(now.value))
export const units = ref<Unit[] | null>(null)
export const unitsProblem = ref<ApiProblem | null>(null)

export async function loadUnits(): Promise<void> {
  unitsProblem.value = null
  try {
    units.value = await api.units()
  } catch (error) {
    unitsProblem.value = error as ApiProblem
  }
}

export function useScope() {
  const route = useRoute()
  const router = useRouter()
  const unit = computed(() => {
    const asked = route.query.unit
    const list = units.value ?? []
    return list.find((u) => u.id === asked) ?? list[0] ?? null
  })
  const date = computed(() => (isDate(route.query.date) ? route.query.date : today.value))
  // Replaces parts of the query; '' and null take a part out.
  function ask(parts: Record<string, string | null>): void {
    const query: Record<string, string> = {}
    for (const [key, value] of Object.entries({ ...route.query, ...parts })) {
      if (typeof value === 'string' && value !== '') query[key] = value
    }
    void router.replace({ query })
  }
  return { unit, date, ask }
}

// Reads something whenever its inputs change. An answer that comes after a newer question is dropped.
import { onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiProblem } from '@/api/client'

export interface Loaded<T> {
  data: Ref<T | null>
  problem: Ref<ApiProblem | null>
  loading: Ref<boolean>
  reload: () => Promise<void>
}

// `inputs` null = nothing to ask yet. `everyMs` > 0 asks again while the page is visible, keeping what is shown.
export function useLoad<I, T>(inputs: () => I | null, ask: (inputs: I) => Promise<T>, everyMs = 0): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<ApiProblem | null>(null)
  const loading = ref(false)
  let question = 0

  async function run(keep: boolean): Promise<void> {
    const mine = ++question
    const given = inputs()
    if (!keep) data.value = null
    if (given === null) return
    loading.value = true
    try {
      const answer = await ask(given)
      if (mine !== question) return
      data.value = answer
      problem.value = null
    } catch (error) {
      if (mine !== question) return
      data.value = null // figures of a moment ago must not stand beside "unreachable"
      problem.value = error instanceof ApiProblem ? error : new ApiProblem(0, 'internal', { zh: String(error), en: String(error) })
    } finally {
      if (mine === question) loading.value = false
    }
  }

  watch(() => JSON.stringify(inputs()), () => void run(false), { immediate: true })
  if (everyMs > 0) {
    const timer = setInterval(() => {
      if (!document.hidden) void run(true)
    }, everyMs)
    onUnmounted(() => clearInterval(timer))
  }
  return { data, problem, loading, reload: () => run(true) }
}

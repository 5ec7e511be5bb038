// One question to the verifier: in a worker where the browser starts one, else here.
import { answer, type Message, type Phase, type Question } from './serve'

function startWorker(): Worker | undefined {
  try {
    const code = document.getElementById('program')!.textContent
    const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
    return new Worker(url)
  } catch {
    return undefined
  }
}

export async function ask(question: Question, progress: (phase: Phase, part: number) => void): Promise<Message> {
  const worker = startWorker()
  return new Promise((resolve) => {
    let heard = false
    const take = (m: Message): void => {
      heard = true
      if (m.kind === 'progress') return progress(m.phase, m.part)
      worker?.terminate()
      resolve(m)
    }
    if (!worker) return void answer(question, take)
    worker.onmessage = (e: MessageEvent<Message>) => take(e.data)
    worker.onerror = (e) => {
      worker.terminate()
      // Never started: this browser keeps workers from pages of the disk.
      if (!heard) void answer(question, take)
      else resolve({ kind: 'fault', what: e.message })
    }
    worker.postMessage(question)
  })
}

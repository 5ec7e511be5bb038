// The one script of verify.html: the page, and the same text again as the worker that the page starts.
import { start } from './page'
import { answer, type Question } from './serve'

if (typeof document === 'undefined') self.onmessage = (e: MessageEvent<Question>) => void answer(e.data, (m) => self.postMessage(m))
else start()

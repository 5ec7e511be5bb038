// The address holds the whole state of a view (unit, day, filters, open finding), so that it can be sent to a colleague.
// Hash addresses: the collector serves a folder and needs no rewriting.
import { createRouter, createWebHashHistory } from 'vue-router'
import { watch } from 'vue'
import { session } from './model/session'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/today' },
    { path: '/login', name: 'login', component: () => import('./views/login/LoginView.vue') },
    { path: '/today', name: 'today', component: () => import('./views/today/TodayView.vue') },
    { path: '/findings', name: 'findings', component: () => import('./views/findings/FindingsView.vue') },
    { path: '/agents', name: 'agents', component: () => import('./views/agents/AgentsView.vue') },
    { path: '/attestations', name: 'attestations', component: () => import('./views/attestations/AttestationsView.vue') },
    { path: '/:rest(.*)', redirect: '/today' },
  ],
})

router.beforeEach((to) => {
  if (session.value === null && to.name !== 'login') return { name: 'login', query: { then: to.fullPath } }
  return true
})

// A session may end while the first view is still on its way: the way back is known once that has arrived.
watch(session, async (now) => {
  if (now !== null) return
  await router.isReady()
  const here = router.currentRoute.value
  if (session.value === null && here.name !== 'login') await router.push({ name: 'login', query: { then: here.fullPath } })
})

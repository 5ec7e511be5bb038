import 'element-plus/dist/index.css'
import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { applyToDocument } from './i18n'
import { router } from './router'

applyToDocument()
createApp(App).use(router).mount('#app')

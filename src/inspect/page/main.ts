/** The viewer's page: what a window or frame around it sends, and what comes over the socket of `totp-flow inspect`. */
import { createBrowserReceiver, createWebSocketReceiver } from '@statelyai/inspect'
import elkApi from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { layOutWith } from '../../statechart/element.ts'
import '../element.ts'

layOutWith(new elkApi.default({ workerUrl }))
const viewer = document.querySelector('state-inspector')
if (viewer) {
  createBrowserReceiver().subscribe((message) => viewer.receive(message))
  const socket = new URL('./viewer', location.href)
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:'
  const isFramed = window.self !== window.top || window.opener !== null
  if (!isFramed)
    createWebSocketReceiver({ server: socket.href }).subscribe((message) => viewer.receive(message))
}

/** The viewer's page. Shows what its opener or parent window sends, and what comes over the socket of `statescope`. */
import { createBrowserReceiver } from '@statelyai/inspect'
import elkApi from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { layOutWith } from '../../statechart/element.ts'
import { droppedMessage } from '../message.ts'
import { followServer } from './follow-server.ts'
import '../element.ts'

layOutWith(new elkApi.default({ workerUrl }))
const viewer = document.querySelector('state-inspector')
const line = document.querySelector('#line')
if (viewer && line) {
  createBrowserReceiver().subscribe((message) => viewer.receive(message))
  const isFramed = window.self !== window.top || window.opener !== null
  if (!isFramed) {
    const server = followServer(new URL('./viewer', location.href), {
      receive: (message, send) => viewer.receive(message, send),
      cleared: () => viewer.clear(),
      gone: (app) => viewer.leave(app),
      connection(isOpen) {
        line.textContent = isOpen ? '' : 'Not connected: statescope does not answer. Trying again …'
      },
      dropped: (count) => viewer.receive(droppedMessage(count)),
    })
    viewer.addEventListener('clear', () => server.clear())
    void openRecording(viewer)
  }
}

/** Opens the file that `statescope` was started with. */
async function openRecording(viewer: HTMLElementTagNameMap['state-inspector']): Promise<void> {
  const answer = await fetch('./recording')
  if (answer.status !== 200) return
  const name = decodeURIComponent(answer.headers.get('x-recording-name') ?? '')
  await viewer.open(new File([await answer.blob()], name))
}

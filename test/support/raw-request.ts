import { connect } from 'node:net'

/** Sends bytes that no polite client would send, and resolves to what the server said until it closed the connection. */
export function rawRequest(origin: string, text: string): Promise<string> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.once('close', () => resolve(answer))
    // A connection that is cut while we still send is reset: what was said before counts.
    socket.once('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
    socket.write(text)
  })
}

/** The status of an answer; 0 when the connection was closed without one. */
export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)

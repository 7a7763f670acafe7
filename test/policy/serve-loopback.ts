// The listener of the cases as a process of its own, see openListener: a line of JSON in, a line of JSON out.
import { createInterface } from 'node:readline'
import { Loopback } from './loopback.ts'
import type { ListenerRequest } from './open-listener.ts'

const loopback = await Loopback.open()
console.log(JSON.stringify({ port: loopback.port, ca: loopback.ca }))
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as ListenerRequest
  if ('start' in request) {
    const [host, answers] = request.start
    await loopback.start(host ?? undefined, answers)
  }
  console.log(JSON.stringify(loopback.arrivals))
}
await loopback.close()

import type { Client } from 'undici'

/**
 * The connections to one origin, each with one request at a time. The one that came free last is taken first: the others
 * grow old and are closed. undici's `Pool` looks for a free one among all of them, twice a request, and passes on what each
 * of them reports: 2.5 µs of a call at 64.
 *
 * A connection rests for a turn after its answer, as in `Pool`: a service or proxy that sends one more answer, which nobody
 * asked for, is found out and the connection closed, before that could be taken for the answer to the next request.
 */
export class Connections {
  readonly #create: () => Client
  readonly #free: Client[] = []
  #resting: Client[] = []
  /** Those, the ones in use, and those that end. */
  readonly #all = new Set<Client>()
  #isOver = false

  constructor(create: () => Client) {
    this.#create = create
  }

  /** A connection for one request: free, or opened by its request. */
  take(): Client {
    return this.#free.pop() ?? this.#open()
  }

  /** Its request is over, however that came. */
  giveBack(client: Client): void {
    if (client.closed || client.destroyed) return
    if (this.#resting.push(client) === 1) setImmediate(this.#endRest)
  }

  /** Takes no more requests, and waits for those that run. */
  async close(): Promise<void> {
    this.#isOver = true
    await Promise.all(Array.from(this.#all, (client) => client.close()))
  }

  /** Cuts what runs. */
  async destroy(): Promise<void> {
    this.#isOver = true
    await Promise.all(Array.from(this.#all, (client) => client.destroy()))
  }

  readonly #endRest = (): void => {
    const rested = this.#resting
    this.#resting = []
    for (const client of rested) if (!client.closed && !client.destroyed) this.#free.push(client)
  }

  #open(): Client {
    const client = this.#create()
    this.#all.add(client)
    const retire = (): void => this.#retire(client)
    client.on('disconnect', retire).on('connectionError', retire)
    // Whoever comes after the end is told so by undici.
    if (this.#isOver) void client.destroy()
    return client
  }

  /** Without its socket, another one takes its place; one that a request has taken already opens it once more. */
  #retire(client: Client): void {
    const list = this.#resting.includes(client) ? this.#resting : this.#free
    const place = list.lastIndexOf(client)
    if (place < 0) return
    list.splice(place, 1)
    const drop = (): void => void this.#all.delete(client)
    client.close().then(drop, drop)
  }
}

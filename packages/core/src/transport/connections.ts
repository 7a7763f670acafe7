import type { Client } from 'undici'

/**
 * The connections to one origin, each with one request at a time. The one that came free last is taken first: the others
 * grow old and are closed. undici's `Pool` looks for a free one among all of them, twice a request, passes on what each of
 * them reports, and counts one as free a turn after its answer: 2.5 µs of a call at 64, 5 µs of one alone, and a second
 * connection for calls that follow each other.
 */
export class Connections {
  readonly #create: () => Client
  readonly #free: Client[] = []
  /** The free ones, those in use, and those that end. */
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
    if (!client.closed && !client.destroyed) this.#free.push(client)
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
    const place = this.#free.lastIndexOf(client)
    if (place < 0) return
    this.#free.splice(place, 1)
    const drop = (): void => void this.#all.delete(client)
    client.close().then(drop, drop)
  }
}

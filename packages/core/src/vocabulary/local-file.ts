/**
 * A file of this machine, read when the call starts. A class of its own, so that a conversation that arrived as JSON
 * can never name a path.
 */
export class LocalFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }
}

/**
 * The file at `path`, for an image or a file part: `{ type: 'image', image: localFile('scan.png') }`. A path that does
 * not begin with `/` counts from the folder the process was started in. Up to 128 MB.
 */
export function localFile(path: string): LocalFile {
  return new LocalFile(path)
}

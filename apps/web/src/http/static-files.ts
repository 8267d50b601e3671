import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

interface StaticFile {
  readonly path: string;
  readonly type: string;
  /** Its name has a hash of what it holds. */
  readonly isHashed: boolean;
  readonly hasGzip: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const HASHED = /[.-](?=[A-Za-z0-9_]*[0-9A-Z])[A-Za-z0-9_]{8,}\.[a-z0-9]+$/;
const INDEX = '/index.html';

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>RasPy</title>
<h1>RasPy</h1><p>The home runs, and its <a href="/api/docs">API</a> is here; the pages are not built:
<code>npx nx build web</code> makes them.</p></html>`;

/** What a browser asks for, of a file. */
export interface FileRequest {
  readonly path: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string | undefined;
}

/**
 * The files of the user interface. Only what was found in its folder is served, by its name: there is no path to go astray
 * with.
 */
export class StaticFiles {
  #files: ReadonlyMap<string, StaticFile> = new Map();
  #looked = false;

  /** @param isFresh - whether the folder is looked at anew each time */
  constructor(
    private readonly folder: string,
    private readonly isFresh: boolean,
  ) {}

  /** The file of a path; the page of the user interface for any other that could be a page; else `undefined`. */
  async serve({ path, acceptEncoding, ifNoneMatch }: FileRequest): Promise<Response | undefined> {
    if (this.isFresh || !this.#looked || !this.#files.has(INDEX)) await this.#look();
    const found = this.#files.get(path === '/' ? INDEX : path);
    const file = found ?? (isFileName(path) ? undefined : this.#files.get(INDEX));
    if (file !== undefined) return this.#answer(file, acceptEncoding, ifNoneMatch);
    if (isFileName(path)) return undefined;
    return new Response(MISSING, {
      headers: { 'content-type': TYPES['.html']!, 'cache-control': 'no-store' },
    });
  }

  async #answer(
    file: StaticFile,
    acceptEncoding: string,
    ifNoneMatch: string | undefined,
  ): Promise<Response> {
    const isZipped = file.hasGzip && /\bgzip\b/.test(acceptEncoding);
    const bytes = await readFile(isZipped ? `${file.path}.gz` : file.path);
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const lasts = file.isHashed && !this.isFresh;
    const headers = {
      'content-type': file.type,
      'cache-control': lasts ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag,
      ...(file.hasGzip && { vary: 'accept-encoding' }),
      ...(isZipped && { 'content-encoding': 'gzip' }),
    };
    return ifNoneMatch === etag
      ? new Response(null, { status: 304, headers })
      : new Response(bytes, { headers: { ...headers, 'content-length': String(bytes.length) } });
  }

  async #look(): Promise<void> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const names = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length).replaceAll('\\', '/'));
    const all = new Set(names);
    this.#files = new Map(
      names
        .filter((name) => !name.endsWith('.gz'))
        .map((name) => [
          name,
          {
            path: join(this.folder, name),
            type: TYPES[extname(name)] ?? 'application/octet-stream',
            isHashed: HASHED.test(name),
            hasGzip: all.has(`${name}.gz`),
          },
        ]),
    );
    this.#looked = true;
  }
}

/** Whether a path that is not there was meant as a file; pages may have dots in their paths, as servers have in their names. */
function isFileName(path: string): boolean {
  return path.endsWith('.gz') || Object.hasOwn(TYPES, extname(path));
}

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const workspace = path.resolve(__dirname, '../../..');

/** Installs a plugin into a folder, with this workspace's copy of what plugins share. */
export function installPlugin(folder: string, name: string, source: string): void {
  const modules = path.join(folder, 'node_modules');
  if (!mkdirOnce(path.join(modules, '@raspy'))) {
    symlinkSync(path.join(workspace, 'libs/devices'), path.join(modules, '@raspy/devices'));
    for (const shared of ['rxjs', 'zod']) {
      symlinkSync(path.join(workspace, 'node_modules', shared), path.join(modules, shared));
    }
  }
  const own = path.join(modules, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'index.js'), source);
  const manifest = {
    name,
    version: '1.0.0',
    type: 'module',
    keywords: ['raspy-plugin'],
    raspy: { kind: 'drivers', api: 1 },
    exports: './index.js',
    peerDependencies: { '@raspy/devices': '*', rxjs: '*' },
  };
  writeFileSync(path.join(own, 'package.json'), JSON.stringify(manifest));
}

/** @returns whether it was there */
function mkdirOnce(folder: string): boolean {
  return mkdirSync(folder, { recursive: true }) === undefined;
}

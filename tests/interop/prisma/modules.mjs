// The npm packages live in a cache folder outside the source tree, where Node's own resolution never looks.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const here = path.dirname(fileURLToPath(import.meta.url))

/** One folder per content of the lock file: another lock file never meets another one's packages. */
export function installationFolder() {
  const cache =
    process.env.PLANNER_PRISMA_CACHE ??
    path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'planner-interop')
  const lock = fs.readFileSync(path.join(here, 'package-lock.json'))
  return path.join(cache, 'prisma-' + crypto.createHash('sha256').update(lock).digest('hex').slice(0, 16))
}

const installed = createRequire(path.join(installationFolder(), 'package.json'))

export const resolve = (specifier) => installed.resolve(specifier)
export const load = (specifier) => import(pathToFileURL(resolve(specifier)))

// Installs the packages of package-lock.json once per content of that file. Install scripts are never run: Prisma's would
// download the native engine, which the stand-in replaces.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { here, installationFolder } from './modules.mjs'

/** npm could not reach a registry; everything else that goes wrong is a defect of this folder. */
export class Unreachable extends Error {}

const networkCodes = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  'ERR_SOCKET_TIMEOUT', 'FETCH_ERROR', 'ENOTCACHED', 'E403', 'E502', 'E503', 'E504']

function npm(cwd, ...args) {
  const options = ['--no-fund', '--no-audit', '--loglevel=error', '--prefer-offline']
  const { error, status, stdout, stderr } = spawnSync('npm', [...args, ...options], { cwd, encoding: 'utf8' })
  if (error?.code === 'ENOENT') throw new Unreachable('npm is not installed')
  if (error) throw error
  if (status === 0) return
  const network = networkCodes.find((code) => stderr.includes(`npm error code ${code}\n`))
  if (network) throw new Unreachable(`npm cannot reach its registry (${network})`)
  throw new Error(`npm ${args[0]} failed:\n${stdout}${stderr}`)
}

export function install() {
  const folder = installationFolder()
  if (fs.existsSync(path.join(folder, 'node_modules'))) return folder
  fs.mkdirSync(path.dirname(folder), { recursive: true })
  // Installed beside its final place and renamed, so that an interrupted installation is never taken for a whole one.
  const draft = fs.mkdtempSync(folder + '.')
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) fs.copyFileSync(path.join(here, file), path.join(draft, file))
    npm(draft, 'view', 'pg@8.16.3', 'version', '--fetch-retries=0') // without a network `npm ci` would try every package for a minute
    npm(draft, 'ci', '--ignore-scripts')
    try {
      fs.renameSync(draft, folder)
    } catch (error) {
      if (!fs.existsSync(path.join(folder, 'node_modules'))) throw error // otherwise another process was faster
    }
  } finally {
    fs.rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

// Runs the real Prisma CLI without its native engine:
//   node run.mjs install
//   node run.mjs deploy|status --url URL --migrations FOLDER [--cli 6.19.3|7.10.1] [--wire native|native74]
//   node run.mjs resolve       --url URL --migrations FOLDER --applied NAME | --rolled-back NAME [...]
//   node run.mjs diff          --url URL --from SIDE --to SIDE [...]   SIDE: database, empty, a .prisma file, a migrations folder
// Output and exit code are the CLI's; diff prints a script and exits with 0 when it is empty, with 2 when it is not.
// `install` exits with 3 and one sentence when the packages cannot be had here.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { install, Unreachable } from './install.mjs'
import { here, resolve } from './modules.mjs'

const releases = {
  '6.19.3': { cli: 'prisma-6', engine: 'schema-engine-6', wire: 'native' },
  '7.10.1': { cli: 'prisma-7', engine: 'schema-engine-7', wire: 'native74' },
}

const { positionals: [command], values: options } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' }, migrations: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' },
    applied: { type: 'string' }, 'rolled-back': { type: 'string' },
    cli: { type: 'string', default: '7.10.1' }, wire: { type: 'string' },
  },
})
const release = releases[options.cli]
if (!['install', 'deploy', 'status', 'resolve', 'diff'].includes(command) || !release || (command !== 'install' && !options.url)) {
  console.error('usage: see the first lines of run.mjs')
  process.exit(64)
}
const oldCli = options.cli.startsWith('6.')

/** The arguments that name one side of a comparison; 6.x and 7.x say it differently. */
function side(direction, value) {
  if (value === 'empty') return [`--${direction}-empty`]
  if (value === 'database') return oldCli ? [`--${direction}-schema-datasource`, 'schema.prisma'] : [`--${direction}-config-datasource`]
  if (fs.statSync(value).isDirectory()) return [`--${direction}-migrations`, path.resolve(value)]
  return [oldCli ? `--${direction}-schema-datamodel` : `--${direction}-schema`, path.resolve(value)]
}

function commandArguments() {
  if (command === 'resolve') return options.applied ? ['--applied', options.applied] : ['--rolled-back', options['rolled-back']]
  if (command !== 'diff') return []
  return [...side('from', options.from), ...side('to', options.to), '--script', '--exit-code']
}

/** A project that says no more than where the migrations and the database are. */
function writeProject(folder) {
  // 6.x wants the URL in the schema, 7.x refuses it there.
  const url = oldCli ? '  url = env("DATABASE_URL")\n' : ''
  fs.writeFileSync(path.join(folder, 'schema.prisma'), `datasource db {\n  provider = "postgresql"\n${url}}\n`)
  const config = {
    schema: 'schema.prisma',
    migrations: { path: path.resolve(options.migrations ?? folder) },
    ...(oldCli ? { engine: 'classic' } : {}),
    datasource: { url: options.url },
  }
  fs.writeFileSync(path.join(folder, 'prisma.config.mjs'), `export default ${JSON.stringify(config)}\n`)
}

function runPrisma() {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'planner-prisma-'))
  try {
    writeProject(project)
    const engine = path.join(here, 'schema-engine.mjs')
    const { status, error } = spawnSync(process.execPath,
      [path.join(path.dirname(resolve(`${release.cli}/package.json`)), 'build', 'index.js'), 'migrate', command, ...commandArguments(), '--config', 'prisma.config.mjs'],
      {
        cwd: project,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...process.env,
          DATABASE_URL: options.url,
          PRISMA_SCHEMA_ENGINE_BINARY: engine,
          PRISMA_QUERY_ENGINE_LIBRARY: engine, // 6.x downloads one unless some file is named
          PLANNER_PRISMA_ENGINE: release.engine,
          PLANNER_PRISMA_WIRE: options.wire ?? release.wire,
          CHECKPOINT_DISABLE: '1',
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          NO_COLOR: '1',
        },
      })
    if (error) throw error
    return status ?? 1
  } finally {
    fs.rmSync(project, { recursive: true, force: true })
  }
}

try {
  const folder = install()
  if (command === 'install') console.log(folder)
  else process.exitCode = runPrisma()
} catch (error) {
  console.error(error instanceof Unreachable ? error.message : error)
  process.exitCode = error instanceof Unreachable ? 3 : 1
}

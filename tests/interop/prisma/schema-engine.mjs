#!/usr/bin/env node
// Stands in for Prisma's native `schema-engine` binary: the same command line and JSON-RPC on stdin and stdout. The real CLI
// starts it through PRISMA_SCHEMA_ENGINE_BINARY; run.mjs sets the environment.
import fs from 'node:fs'
import readline from 'node:readline'
import { connect, openEngine, parseUrl } from './engine.mjs'

const url = process.env.DATABASE_URL
const args = process.argv.slice(2)

function values(option) {
  const from = args.indexOf(option) + 1
  if (from === 0) return []
  const to = args.findIndex((arg, index) => index >= from && (arg.startsWith('--') || arg === 'cli'))
  return args.slice(from, to < 0 ? args.length : to)
}

/** `schema-engine cli can-connect-to-database|create-database`: the answer is the exit code and one line of log. */
async function answerCommand(command) {
  const { connection } = parseUrl(url)
  const database = decodeURIComponent(connection.pathname.slice(1))
  try {
    if (command === 'create-database') {
      connection.pathname = '/postgres'
      const client = await connect(connection)
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`)
      await client.end()
    } else {
      await (await connect(connection)).end()
    }
    return 0
  } catch (error) {
    const codes = { '3D000': 'P1003', '28P01': 'P1000' }
    const fields = { message: error.message, error_code: codes[error.code] ?? 'P1001', is_panic: false }
    console.error(JSON.stringify({ timestamp: new Date().toISOString(), level: 'ERROR', fields, target: 'schema_engine::logger' }))
    return 1
  }
}

const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')

/** The WebAssembly build has no text for a migration that PostgreSQL refused; this is the native one's. */
function failedMigration({ script, error }, { migrationsList }, message) {
  const failed = migrationsList.migrationDirectories.find((d) => d.migrationFile.content.value === script && message.includes(d.path))
  return {
    error_code: 'P3018',
    message: `A migration failed to apply. New migrations cannot be applied before the error is recovered from. \
Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n\
Migration name: ${failed?.path}\n\nDatabase error code: ${error.code}\n\nDatabase error:\nERROR: ${error.message}`,
  }
}

async function answerRequests() {
  const failure = {}
  const datamodels = values('--datamodels').map((file) => [file, fs.readFileSync(file, 'utf8')])
  const engine = await openEngine({ packageName: process.env.PLANNER_PRISMA_ENGINE, url, datamodels, failure })
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line)
    if (!method) continue // the CLI acknowledges what it was asked to print
    try {
      const result = (await engine[method === 'getDatabaseVersion' ? 'version' : method](params)) ?? null
      if (method === 'diff' && result.stdout != null) {
        send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } })
        result.stdout = null
      }
      send({ id, result })
    } catch (error) {
      const known = { error_code: error.code, message: error.message }
      const data = failure.error && !error.code && method === 'applyMigrations' ? failedMigration(failure, params, error.message) : known
      send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data: { is_panic: false, meta: error.meta ?? null, ...data } } })
    }
  }
  engine.free()
}

const cli = args.indexOf('cli')
if (cli < 0) await answerRequests()
process.exit(cli < 0 ? 0 : await answerCommand(args.at(-1)))

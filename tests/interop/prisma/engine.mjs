// The real schema engine: Prisma publishes the Rust code of its native binary compiled to WebAssembly as well. That build hands
// migrations to a JavaScript adapter, so what the native binary does with its connection is done here.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { load, resolve } from './modules.mjs'

const { default: pg } = await load('pg')
const { PrismaPg } = await load('@prisma/adapter-pg')
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = await load('@prisma/driver-adapter-utils')

/** How a migration file travels: `native` (Prisma before 7.4) whole, `native74` statement by statement where that is possible. */
const split = process.env.PLANNER_PRISMA_WIRE === 'native74' ? (await import('./split.mjs')).split : (script) => [script]

/** Prisma's `schema` parameter and the rest of the URL, which is all that node-postgres understands. */
function parseUrl(url) {
  const connection = new URL(url)
  const schema = connection.searchParams.get('schema')
  connection.searchParams.delete('schema')
  return { connection, schema }
}

export async function connect(connection) {
  const client = new pg.Client({ connectionString: connection.toString(), application_name: 'prisma' })
  client.on('error', () => {}) // a connection lost between two queries is reported by the next query
  await client.connect()
  return client
}

/** The native engine has one connection. A pool would drop it, and Prisma's advisory lock with it, after any error. */
class OneConnection extends pg.Pool {
  constructor(client) {
    super()
    this.query = (...query) => client.query(...query)
    this.connect = async () => ({ query: this.query, on() {}, removeListener() {}, release() {} })
  }
}

// The engine reads pg_catalog, which has types that @prisma/adapter-pg refuses ("char", name[], regclass, ...).
const types = {
  16: 'Boolean', 17: 'Bytes', 18: 'Character', 20: 'Int64', 21: 'Int32', 23: 'Int32', 26: 'Int64', 114: 'Json', 3802: 'Json',
  700: 'Float', 701: 'Double', 1082: 'Date', 1083: 'Time', 1114: 'DateTime', 1184: 'DateTime', 1700: 'Numeric', 2950: 'Uuid',
  1000: 'BooleanArray', 1002: 'CharacterArray', 1003: 'TextArray', 1005: 'Int32Array', 1007: 'Int32Array', 1009: 'TextArray',
  1015: 'TextArray', 1016: 'Int64Array', 1028: 'Int64Array',
}

async function openAdapter(connection, schema, failure, onClose = async () => {}) {
  const client = await connect(connection)
  if (schema) await client.query(`SET search_path = ${client.escapeIdentifier(schema)}`)
  const adapter = await new PrismaPg(new OneConnection(client), { schema: schema ?? 'public' }).connect()
  adapter.queryRaw = async (query) => {
    const { fields, rows } = await adapter.performIO(query)
    return {
      columnNames: fields.map((field) => field.name),
      columnTypes: fields.map((field) => ColumnTypeEnum[types[field.dataTypeID] ?? 'Text']),
      rows,
    }
  }
  adapter.executeScript = async (script) => {
    try {
      for (const piece of split(script)) await client.query(piece) // no parameters: one Query message each
    } catch (error) {
      Object.assign(failure, { script, error })
      adapter.onError(error)
    }
  }
  adapter.dispose = async () => {
    await client.end()
    await onClose()
  }
  return adapter
}

/** A database that exists as long as its adapter; the engine replays migrations there. */
async function openShadow(connection, schema, failure) {
  const name = `prisma_migrate_shadow_db_${randomUUID()}`
  const admin = await connect(connection)
  await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)}`)
  const shadow = new URL(connection)
  shadow.pathname = '/' + name
  return openAdapter(shadow, schema, failure, async () => {
    await admin.query(`DROP DATABASE ${admin.escapeIdentifier(name)} WITH (FORCE)`)
    await admin.end()
  })
}

async function loadEngine(packageName) {
  const bindings = await load(`${packageName}/schema_engine_bg`)
  const wasm = fs.readFileSync(path.join(path.dirname(resolve(`${packageName}/schema_engine_bg`)), 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return bindings.SchemaEngine
}

/** An engine of package `packageName` on `url`; `failure` receives the script and the error that stopped a migration. */
export async function openEngine({ packageName, url, datamodels, failure }) {
  const { connection, schema } = parseUrl(url)
  const SchemaEngine = await loadEngine(packageName)
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => openAdapter(connection, schema, failure),
    connectToShadowDb: () => openShadow(connection, schema, failure),
  })
  return SchemaEngine.new({ datamodels: datamodels.length > 0 ? datamodels : undefined }, () => {}, factory)
}

export { parseUrl }

// How the native engine of Prisma 7.4 and later cuts a migration into statements. It asks the Rust crate sqlparser (0.61.0 in
// all those engines), which must understand every statement of the file; if it does not, the file is sent as it is.
// @guanmingchiu/sqlparser-ts 0.61.1 is that crate. It reports no positions, so the end of a statement is found by asking it
// again: a semicolon ends a statement when what is before it is one statement and what is after it is all the others.
import { load } from './modules.mjs'

const { init, parse } = await load('@guanmingchiu/sqlparser-ts')
await init()

/** Number of statements in `sql`, or undefined when sqlparser does not understand it. */
function count(sql) {
  try {
    return parse(sql, 'postgresql').length
  } catch {
    return undefined
  }
}

/** The pieces of `script` that Prisma 7.4 sends one by one. */
export function split(script) {
  const pieces = []
  let rest = script
  for (let left = count(script) ?? 1; left > 1; --left) {
    let end = rest.indexOf(';')
    while (end >= 0 && !(count(rest.slice(0, end)) === 1 && count(rest.slice(end + 1)) === left - 1)) end = rest.indexOf(';', end + 1)
    if (end < 0) throw new Error(`statement boundary not found in: ${rest}`)
    pieces.push(rest.slice(0, end + 1))
    rest = rest.slice(end + 1)
  }
  return [...pieces, rest]
}

#!/usr/bin/env node
// A small client of Gillie for authbench to judge, for Node 18 or newer, without packages. It does what AUTHBENCH_ACTION says
// and exits 0 when all of it succeeded, 127 when it does not know how to do that, and 1 otherwise.
import { createHash } from 'node:crypto'

const {
  AUTHBENCH_ACTION: action = '', AUTHBENCH_URL: base = '', AUTHBENCH_QUERY: own = '',
  GILLIE_PUBLIC_KEY: publicKey = '', GILLIE_PRIVATE_KEY: privateKey = '',
} = process.env

const path = '/api/customers'
const timeout = 10_000 // milliseconds, of one call
const apart = 20 // how many calls made at once get salts of their own
const now = Math.floor(Date.now() / 1000)

// The query parameters of one call. URLSearchParams escapes what keys may hold (GILC-05).
function credentials(part) {
  const query = new URLSearchParams({ apikey: publicKey })
  if (privateKey !== '') { // without one the public key goes alone (GILC-08)
    // Two calls with one salt have one hash, and a server may refuse a hash that it has seen (GIL-19). So calls made at once
    // take the present second and those before it, which are well inside the window.
    const salt = String(now - part % apart)
    query.set('apisalt', salt)
    query.set('apihash', createHash('sha256').update(privateKey + publicKey + salt).digest('hex'))
  }
  return query.toString()
}

// Makes one call, once, and returns what went wrong, or nothing. No message shows a URL: it is signed.
async function call(method, part) {
  const query = own === '' ? credentials(part) : own + '&' + credentials(part)
  const body = method === 'POST' ? JSON.stringify({ name: `customer ${part}` }) : undefined
  try {
    const reply = await fetch(base.replace(/\/+$/, '') + path + '?' + query, {
      method, body, headers: { 'content-type': 'application/json' },
      redirect: 'manual', // the next host would get the signed URL
      signal: AbortSignal.timeout(timeout),
    })
    await reply.arrayBuffer()
    return reply.ok ? '' : `${method} ${path} was answered by ${reply.status}`
  } catch (error) {
    return `${method} ${path} failed: ${error.cause?.code ?? error.name}`
  }
}

async function run() {
  const [, one, many, number] = /^(?:(read|write)|(read|write)s:([1-9]\d{0,3}))$/.exec(action) ?? []
  if (!one && !many) {
    console.error('AUTHBENCH_ACTION is none that this client knows: read, write, reads:N or writes:N')
    return 127
  }
  if (publicKey === '') {
    console.error('GILLIE_PUBLIC_KEY is empty')
    return 1
  }
  const method = (one ?? many) === 'read' ? 'GET' : 'POST'
  const calls = Array.from({ length: Number(number ?? 1) }, (_, part) => call(method, part))
  const wrong = (await Promise.all(calls)).filter((text) => text !== '')
  wrong.forEach((text) => console.error(text))
  return wrong.length === 0 ? 0 : 1
}

process.exitCode = await run()

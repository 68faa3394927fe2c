#!/usr/bin/env node
// Signs requests of Gillie's for `authbench sign bench --exec`: one JSON object a line in, one out. For Node 18 or newer,
// without packages.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, private_key: privateKey, public_key: publicKey, salt } = JSON.parse(line)
  const hash = createHash('sha256').update(privateKey + publicKey + salt).digest('hex')
  process.stdout.write(JSON.stringify({ id, hash }) + '\n')
})

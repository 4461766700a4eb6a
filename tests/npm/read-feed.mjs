// Fetches a feed as an app would, and prints what two readers of Podcasting 2.0 find in it, as JSON.
import { readFile } from 'node:fs/promises'

import { parseRssFeed } from 'feedsmith'
import partytime from 'podcast-partytime'

const place = process.argv[2]
const document = place.startsWith('file:') ? await readFile(new URL(place), 'utf8') : await (await fetch(place)).text()
const found = {
  feedsmith: parseRssFeed(document),
  partytime: partytime.parseFeed(document, { allowMissingGuid: false }),
}
process.stdout.write(JSON.stringify(found))

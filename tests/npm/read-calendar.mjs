// Reads an iCalendar file from stdin with ical.js, and prints it as JSON. Times are converted to UTC by the time zone
// definitions in the file itself, never by those of the machine.
import { readFileSync } from 'node:fs'

import ICAL from 'ical.js'

const root = new ICAL.Component(ICAL.parse(readFileSync(0, 'utf8')))
for (const zone of root.getAllSubcomponents('vtimezone')) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone), zone.getFirstPropertyValue('tzid'))
}
const toUtc = (time) => new Date(time.toUnixTime() * 1000).toISOString()
const events = root.getAllSubcomponents('vevent').map((component) => {
  const event = new ICAL.Event(component)
  const values = Object.fromEntries(component.getAllProperties().map((one) => [one.name, String(one.getFirstValue())]))
  return { ...values, start: toUtc(event.startDate), end: toUtc(event.endDate), zone: event.startDate.zone.tzid }
})
const properties = Object.fromEntries(root.getAllProperties().map((one) => [one.name, String(one.getFirstValue())]))
process.stdout.write(JSON.stringify({ properties, events }))

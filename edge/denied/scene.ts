/** Where the demonstration plays, when, and what goes wrong. */
import type { Position } from '../../core/network/network.ts';
import type { Channel } from '../../core/node/node.ts';
import { type LinkProfile, type Span, steadyLink, withOutages } from '../../core/simulator/link-profile.ts';

/** The satellite rises over the camp in eight minutes. */
export const START_MS = Date.UTC(2008, 8, 20, 19, 44, 30);
/** Its links are looked at for so long. */
export const HOURS = 4;
export const SATELLITE = 'ISS';
export const CONSTELLATION = 'leo';
/** Of a small terminal. */
export const SATELLITE_BITS_PER_SECOND = 19_200;
export const MIN_ELEVATION_DEGREES = 10;

export const HUB_POSITION: Position = { latitudeDegrees: 49.87, longitudeDegrees: 8.63, altitudeM: 140 };

export interface Site {
  id: string;
  position: Position;
  capabilities: string[];
  channels: readonly Channel[];
}

export const SITES: readonly Site[] = [
  {
    id: 'camp',
    position: { latitudeDegrees: 48.4, longitudeDegrees: -4.5, altitudeM: 90 },
    capabilities: ['camera'],
    channels: ['primary', 'secondary'],
  },
  {
    id: 'ridge',
    position: { latitudeDegrees: 50.4, longitudeDegrees: 30.5, altitudeM: 180 },
    capabilities: ['seismometer'],
    channels: ['primary'],
  },
];

export const RATES: Partial<Record<Channel, { rateBitsPerSecond: number; delayMs: number }>> = {
  primary: { rateBitsPerSecond: 2_000_000, delayMs: 40 },
  secondary: { rateBitsPerSecond: 64_000, delayMs: 150 },
};

const minutes = (from: number, to: number): Span => ({
  startMs: START_MS + from * 60_000,
  endMs: START_MS + to * 60_000,
});

/** First the good link, then the other one too; only the camp's comes back. */
const JAMS: Readonly<Record<string, readonly Span[]>> = {
  'camp primary': [minutes(2.5, 14.5)],
  'camp secondary': [minutes(4, 60)],
  'ridge primary': [minutes(2.5, 600)],
};

export const jamsOf = (site: string, channel: Channel): readonly Span[] => JAMS[`${site} ${channel}`] ?? [];

export const terrestrial = (site: string, channel: Channel): LinkProfile =>
  withOutages(steadyLink(RATES[channel]!), jamsOf(site, channel));

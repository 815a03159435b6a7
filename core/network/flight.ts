/** Constellations as they are registered, flown; apart from the rest, since it brings SGP4. */
import { Constellation, type LeftOut } from '../contact-plan/orbit/constellation.ts';
import { parseTle, type Tle } from '../contact-plan/orbit/tle.ts';
import { InvalidInput } from '../errors.ts';
import { type InterSatelliteLinks, NETWORK_LIMITS, type NetworkNode } from './network.ts';

export interface Flight {
  name: string;
  tle: string;
  fromMs: number;
  rate: number;
  minElevationDeg: number;
  interSatellite?: InterSatelliteLinks;
  nodes: readonly NetworkNode[];
}

/** Ready to be worked out. Errors: `InvalidInput` of the text, its names and its pairs. */
export function flyConstellation(flight: Flight): Constellation {
  const { name, tle, fromMs, rate, minElevationDeg, interSatellite, nodes } = flight;
  const satellites = parseTle(tle, name);
  return new Constellation({
    satellites,
    stations: nodes.flatMap(({ id, position }) =>
      position === undefined
        ? []
        : {
            id,
            latitudeDeg: position.latitudeDegrees,
            longitudeDeg: position.longitudeDegrees,
            altitudeM: position.altitudeM,
            minElevationDeg,
          },
    ),
    fromMs,
    ground: { uplinkBitsPerSecond: rate, downlinkBitsPerSecond: rate },
    ...(interSatellite !== undefined && {
      interSatellite: {
        rateBitsPerSecond: interSatellite.rateBitsPerSecond,
        pairs: interSatellite.pairs ?? everyPair(name, satellites),
        ...(interSatellite.rangeM !== undefined && { maxRangeKm: interSatellite.rangeM / 1000 }),
      },
    }),
  });
}

/**
 * The satellites' names, and those that can't be flown at `atMs`. Errors: `InvalidInput` of the text, and where
 * none can be flown.
 */
export function surveyConstellation(flight: Omit<Flight, 'nodes'>): { names: string[]; leftOut: LeftOut[] } {
  const { leftOut } = flyConstellation({ ...flight, nodes: [] });
  const names = parseTle(flight.tle, flight.name).map((satellite) => satellite.name);
  if (leftOut.length === names.length)
    throw new InvalidInput(
      `${flight.name} has no satellite that can be flown now: ${leftOut[0]!.satellite}: ${leftOut[0]!.reason}.`,
      'Fetch newer element sets.',
    );
  return { names, leftOut };
}

function everyPair(name: string, satellites: readonly Tle[]): [string, string][] {
  if (satellites.length > NETWORK_LIMITS.meshedSatellites)
    throw new InvalidInput(
      `${name} has ${satellites.length} satellites and says not which of them can point at each other.`,
      `Name the "pairs"; up to ${NETWORK_LIMITS.meshedSatellites} satellites do without.`,
    );
  return satellites.flatMap((a, index) =>
    satellites.slice(index + 1).map((b): [string, string] => [a.name, b.name]),
  );
}

import description from '../../package.json' with { type: 'json' };

/** Holdfast's own version. */
export const VERSION = description.version;

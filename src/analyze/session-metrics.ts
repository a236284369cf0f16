const secondsSql = `dateDiff('millisecond', started_at, ended_at) / 1000`;

/** A session with at most one page view that lasted less than 10 seconds, engaged and by the clock (0 or 1): the column `bounce`. */
export const bounceSql = `(page_views <= 1 AND ${secondsSql} < 10 AND engaged_seconds < 10)`;

/** SQL of bounce rate (0…1) and mean duration (seconds) over rows of `tributary.sessions`. */
export const sessionMetrics = `avg(${bounceSql}) AS bounce_rate, avg(${secondsSql}) AS duration`;

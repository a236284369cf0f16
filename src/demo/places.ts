import { type Random, Weighted } from './random.ts';

/** A city people work in: networks whose addresses (last byte 0) the DB-IP city database places there. */
export interface City {
  readonly country: string;
  readonly city: string;
  readonly timezone: string;
  readonly networks: readonly string[];
}

type Entry = readonly [
  country: string,
  city: string,
  timezone: string,
  weight: number,
  networks: readonly string[],
];

const table: readonly Entry[] = [
  ['US', 'New York', 'America/New_York', 90, ['208.116.96.0', '207.71.125.0', '107.71.104.0']],
  ['US', 'San Francisco', 'America/Los_Angeles', 60, ['204.3.102.0', '70.137.131.0', '167.234.111.0']],
  ['US', 'Chicago', 'America/Chicago', 45, ['166.149.0.0', '207.159.251.0', '191.236.180.0']],
  ['US', 'Austin', 'America/Chicago', 40, ['141.146.253.0', '168.55.187.0', '206.76.85.0']],
  ['US', 'Seattle', 'America/Los_Angeles', 40, ['199.183.207.0', '143.41.110.0', '64.59.24.0']],
  ['US', 'Boston', 'America/New_York', 35, ['132.197.150.0', '71.124.241.0', '204.119.97.0']],
  ['US', 'Los Angeles', 'America/Los_Angeles', 45, ['66.40.204.0', '159.83.23.0', '154.87.126.0']],
  ['US', 'Denver', 'America/Denver', 25, ['143.114.214.0', '164.47.149.0', '206.24.124.0']],
  ['US', 'Atlanta', 'America/New_York', 25, ['74.172.47.0', '162.69.106.0', '136.55.93.0']],
  ['US', 'Portland', 'America/Los_Angeles', 12, ['205.199.82.0', '75.175.2.0', '69.163.131.0']],
  ['CA', 'Toronto', 'America/Toronto', 35, ['129.100.16.0', '154.24.112.0', '156.45.190.0']],
  ['CA', 'Vancouver', 'America/Vancouver', 18, ['174.1.171.0', '209.5.41.0', '50.64.23.0']],
  ['CA', 'Montreal', 'America/Toronto', 14, ['204.205.179.0', '165.192.48.0', '154.35.179.0']],
  ['GB', 'London', 'Europe/London', 75, ['62.191.83.0', '204.59.255.0', '155.202.129.0']],
  ['GB', 'Manchester', 'Europe/London', 22, ['130.88.179.0', '62.223.189.0', '149.170.2.0']],
  ['GB', 'Edinburgh', 'Europe/London', 12, ['164.134.108.0', '146.176.51.0', '158.43.178.0']],
  ['IE', 'Dublin', 'Europe/Dublin', 16, ['63.33.161.0', '137.191.182.0', '91.136.30.0']],
  ['DE', 'Berlin', 'Europe/Berlin', 45, ['93.128.214.0', '2.245.85.0', '31.70.115.0']],
  ['DE', 'Munich', 'Europe/Berlin', 32, ['160.46.191.0', '176.2.141.0', '217.90.207.0']],
  ['DE', 'Hamburg', 'Europe/Berlin', 22, ['93.252.191.0', '95.113.115.0', '77.14.72.0']],
  ['DE', 'Frankfurt am Main', 'Europe/Berlin', 14, ['213.39.185.0', '141.87.174.0', '139.7.189.0']],
  ['FR', 'Paris', 'Europe/Paris', 42, ['109.1.59.0', '212.146.217.0', '82.254.0.0']],
  ['FR', 'Lyon', 'Europe/Paris', 14, ['168.87.206.0', '176.185.62.0', '90.117.106.0']],
  ['ES', 'Madrid', 'Europe/Madrid', 20, ['77.211.95.0', '62.36.190.0', '217.125.241.0']],
  ['ES', 'Barcelona', 'Europe/Madrid', 18, ['161.116.216.0', '84.89.70.0', '147.83.88.0']],
  ['IT', 'Milan', 'Europe/Rome', 18, ['62.170.208.0', '157.138.147.0', '109.114.66.0']],
  ['IT', 'Rome', 'Europe/Rome', 10, ['62.98.214.0', '87.29.39.0', '93.101.42.0']],
  ['NL', 'Amsterdam', 'Europe/Amsterdam', 28, ['82.95.86.0', '145.34.244.0', '209.24.103.0']],
  ['NL', 'Utrecht', 'Europe/Amsterdam', 10, ['145.98.214.0', '89.220.107.0', '84.41.220.0']],
  ['BE', 'Brussels', 'Europe/Brussels', 9, ['80.236.244.0', '109.142.235.0', '37.185.254.0']],
  ['CH', 'Zurich', 'Europe/Zurich', 12, ['147.60.86.0', '144.200.112.0', '138.206.92.0']],
  ['AT', 'Vienna', 'Europe/Vienna', 11, ['31.133.177.0', '82.103.57.0', '141.244.39.0']],
  ['SE', 'Stockholm', 'Europe/Stockholm', 20, ['90.239.111.0', '144.63.146.0', '130.229.89.0']],
  ['DK', 'Copenhagen', 'Europe/Copenhagen', 12, ['109.59.24.0', '141.144.139.0', '149.212.147.0']],
  ['NO', 'Oslo', 'Europe/Oslo', 10, ['128.39.58.0', '132.150.77.0', '62.70.183.0']],
  ['FI', 'Helsinki', 'Europe/Helsinki', 10, ['77.42.121.0', '62.238.40.0', '164.5.109.0']],
  ['PL', 'Warsaw', 'Europe/Warsaw', 16, ['217.99.179.0', '87.205.215.0', '188.47.249.0']],
  ['PL', 'Krakow', 'Europe/Warsaw', 9, ['94.152.110.0', '62.61.55.0', '93.180.162.0']],
  ['CZ', 'Prague', 'Europe/Prague', 9, ['147.32.4.0', '194.182.94.0', '96.62.4.0']],
  ['PT', 'Lisbon', 'Europe/Lisbon', 12, ['158.162.149.0', '194.65.249.0', '146.193.93.0']],
  ['IN', 'Bengaluru', 'Asia/Kolkata', 42, ['124.125.119.0', '173.39.29.0', '139.59.33.0']],
  ['IN', 'Mumbai', 'Asia/Kolkata', 28, ['59.185.181.0', '120.62.250.0', '65.0.191.0']],
  ['IN', 'New Delhi', 'Asia/Kolkata', 16, ['101.213.180.0', '49.207.100.0', '115.185.128.0']],
  ['IN', 'Hyderabad', 'Asia/Kolkata', 14, ['49.139.74.0', '140.245.230.0', '101.223.47.0']],
  ['SG', 'Singapore', 'Asia/Singapore', 20, ['46.137.250.0', '154.204.95.0', '139.162.26.0']],
  ['JP', 'Tokyo', 'Asia/Tokyo', 24, ['219.103.96.0', '204.147.235.0', '122.103.208.0']],
  ['JP', 'Osaka', 'Asia/Tokyo', 10, ['125.205.16.0', '133.167.118.0', '182.164.175.0']],
  ['KR', 'Seoul', 'Asia/Seoul', 12, ['158.247.237.0', '64.176.237.0', '141.164.62.0']],
  ['AU', 'Sydney', 'Australia/Sydney', 26, ['140.168.155.0', '167.208.109.0', '101.184.205.0']],
  ['AU', 'Melbourne', 'Australia/Melbourne', 20, ['120.148.104.0', '58.163.219.0', '121.79.17.0']],
  ['NZ', 'Auckland', 'Pacific/Auckland', 9, ['121.72.53.0', '156.149.95.0', '210.246.53.0']],
  ['BR', 'Sao Paulo', 'America/Sao_Paulo', 34, ['154.215.217.0', '177.110.172.0', '179.78.222.0']],
  ['BR', 'Rio de Janeiro', 'America/Sao_Paulo', 12, ['186.229.65.0', '200.146.157.0', '177.0.65.0']],
  ['MX', 'Mexico City', 'America/Mexico_City', 16, ['189.200.131.0', '156.252.241.0', '148.244.20.0']],
  [
    'AR',
    'Buenos Aires',
    'America/Argentina/Buenos_Aires',
    10,
    ['186.157.194.0', '101.45.161.0', '181.238.145.0'],
  ],
  ['CL', 'Santiago', 'America/Santiago', 7, ['161.131.191.0', '191.127.120.0', '186.104.159.0']],
  ['CO', 'Bogota', 'America/Bogota', 8, ['168.176.23.0', '167.0.16.0', '181.237.87.0']],
  ['ZA', 'Cape Town', 'Africa/Johannesburg', 9, ['41.120.108.0', '155.238.89.0', '165.255.154.0']],
  ['ZA', 'Johannesburg', 'Africa/Johannesburg', 8, ['168.155.82.0', '160.116.193.0', '102.37.219.0']],
  ['NG', 'Lagos', 'Africa/Lagos', 8, ['105.127.115.0', '102.131.90.0', '154.66.20.0']],
  ['KE', 'Nairobi', 'Africa/Nairobi', 5, ['105.164.248.0', '196.97.186.0', '41.80.225.0']],
  ['IL', 'Tel Aviv', 'Asia/Jerusalem', 10, ['109.67.233.0', '147.234.220.0', '79.181.238.0']],
  ['AE', 'Dubai', 'Asia/Dubai', 9, ['94.58.73.0', '139.95.247.0', '74.162.106.0']],
  ['TR', 'Istanbul', 'Europe/Istanbul', 9, ['176.239.3.0', '90.159.88.0', '83.119.133.0']],
  ['PH', 'Manila', 'Asia/Manila', 8, ['154.93.136.0', '213.250.174.0', '45.204.197.0']],
  ['ID', 'Jakarta', 'Asia/Jakarta', 9, ['120.182.139.0', '114.0.188.0', '182.0.9.0']],
];

const locales: Readonly<Record<string, readonly string[]>> = {
  US: ['en-US', 'en-US', 'en-US', 'en-US', 'es-US'],
  CA: ['en-CA', 'en-CA', 'en-US', 'fr-CA'],
  GB: ['en-GB'],
  IE: ['en-IE', 'en-GB'],
  DE: ['de-DE', 'de-DE', 'de-DE', 'en-US'],
  FR: ['fr-FR'],
  ES: ['es-ES'],
  IT: ['it-IT'],
  NL: ['nl-NL', 'en-US'],
  BE: ['nl-BE', 'fr-BE'],
  CH: ['de-CH', 'fr-CH', 'en-US'],
  AT: ['de-AT'],
  SE: ['sv-SE'],
  DK: ['da-DK'],
  NO: ['nb-NO'],
  FI: ['fi-FI'],
  PL: ['pl-PL'],
  CZ: ['cs-CZ'],
  PT: ['pt-PT'],
  IN: ['en-IN', 'en-IN', 'en-US', 'hi-IN'],
  SG: ['en-SG', 'en-US'],
  JP: ['ja-JP'],
  KR: ['ko-KR'],
  AU: ['en-AU'],
  NZ: ['en-NZ'],
  BR: ['pt-BR'],
  MX: ['es-MX'],
  AR: ['es-AR'],
  CL: ['es-CL'],
  CO: ['es-CO'],
  ZA: ['en-ZA'],
  NG: ['en-NG'],
  KE: ['en-KE'],
  IL: ['he-IL', 'en-US'],
  AE: ['en-AE', 'ar-AE'],
  TR: ['tr-TR'],
  PH: ['en-PH'],
  ID: ['id-ID'],
};

export const cities: readonly City[] = table.map(([country, city, timezone, , networks]) => ({
  country,
  city,
  timezone,
  networks,
}));

const byWeight = new Weighted(table.map((entry, index) => [cities[index] as City, entry[3]] as const));

/** Where one person is: a fixed address in a city, and the language of the browser. */
export interface Place {
  readonly city: City;
  readonly address: string;
  readonly locale: string;
}

export function somewhere(random: Random): Place {
  return placeIn(random, byWeight.draw(random));
}

export function placeIn(random: Random, city: City): Place {
  return {
    city,
    address: random.pick(city.networks),
    locale: random.pick(locales[city.country] ?? ['en-US']),
  };
}

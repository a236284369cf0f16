import type { Random } from './random.ts';

const firstNames =
  'Ada Alex Amara Ana Andre Anika Arjun Astrid Ben Camille Carlos Chloe Daniel Diego Elena Emil Emma Fatima Felix Freya Grace Hana Hannah Hugo Ines Isla Ivan Jana Jonas Julia Kai Karim Kenji Lara Lars Leila Leo Lina Luca Lucia Maja Marco Maria Mateo Maya Mei Mila Min Mina Nadia Nils Noah Nora Olga Oliver Omar Oscar Paula Pedro Priya Rafael Ravi Rosa Sam Sana Sara Sofia Tariq Tess Theo Tom Uma Vera Victor Yara Yuki Zoe'.split(
    ' ',
  );
const lastNames =
  'Adeyemi Almeida Andersen Bauer Becker Bianchi Brown Carter Chen Costa Diaz Dubois Evans Ferrari Fischer Garcia Gomez Green Gupta Hansen Hill Ito Ivanova Jansen Johansson Jones Kaya Khan Kim Kowalski Kumar Larsen Lee Lewis Lindberg Lopez Martin Mehta Meyer Molina Moore Mori Moreau Murphy Nakamura Nguyen Nowak Okafor Oliveira Olsen Park Patel Peeters Petrov Rao Reyes Ricci Rossi Roy Santos Sato Schmidt Shah Silva Singh Smith Svensson Tanaka Taylor Torres Turner Virtanen Wagner Walker Weber White Wilson Wong Young Zhang'.split(
    ' ',
  );
const companyFirst =
  'Alder Amber Arrow Aspen Atlas Beacon Birch Bluefin Bright Canyon Cedar Cobalt Copper Coral Crane Delta Ember Fable Falcon Fern Field Flint Forge Garnet Granite Harbor Hazel Heron Indigo Iris Ivory Juniper Kestrel Lantern Larch Linden Lumen Maple Marble Meadow Mica Mint Mosaic Nimbus Oak Onyx Opal Orchard Osprey Otter Pebble Pine Plover Prairie Quartz Quill Raven Reed Ridge River Rowan Saffron Sage Slate Spruce Summit Tidal Timber Topaz Vale Violet Walnut Willow Wren Zephyr'.split(
    ' ',
  );
const companyLast =
  'Analytics Apparel Bikes Biotech Books Capital Clinics Cloud Coffee Consulting Design Dynamics Energy Events Finance Foods Games Health Homes Insurance Labs Legal Logistics Media Mobility Networks Partners Payments Pharma Print Recruiting Robotics Schools Security Software Solar Sports Studios Systems Travel Works'.split(
    ' ',
  );

export function personName(random: Random): string {
  return `${random.pick(firstNames)} ${random.pick(lastNames)}`;
}

/** `Alder Labs` and the domain `alder-labs.example`, which nobody can own. */
export function companyName(random: Random): { name: string; domain: string } {
  const name = `${random.pick(companyFirst)} ${random.pick(companyLast)}`;
  return { name, domain: `${name.toLowerCase().replaceAll(' ', '-')}.example` };
}

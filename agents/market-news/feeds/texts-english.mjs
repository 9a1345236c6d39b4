// SPDX-License-Identifier: Apache-2.0
// Invented business news in English; `companies` replace {company} in turn.

const banks = ['Norrland Bank', 'Meridian Trust'];
const firms = ['Halden Steel', 'Cobalt Air', 'Verdant Foods', 'Tessellate Systems', 'Kestrel Energy', 'Lumen Semiconductor', 'Southport Insurance', 'Orbis Payments'];
const central = ['European Central Bank', 'Federal Reserve', 'Bank of England', 'Bank of Japan'];
const day = '{Monday|Tuesday|Wednesday|Thursday|Friday}';

export const business = [
  { times: 2, companies: banks, title: '{company} defaults on {n:200-900} million euro bond', summary: `{company} failed to pay the coupon of a {n:200-900} million euro bond that was due on ${day}. Creditors were told that payments are suspended until further notice. The grace period ends in {n:5-30} days.` },
  { times: 2, companies: ['Kestrel Energy', 'Halden Steel'], title: '{company} files for protection from creditors', summary: `{company} said on ${day} that it filed for protection from its creditors after talks with lenders broke down. It owes {f:1-9} billion dollars. Plants keep running for now.` },
  { times: 2, companies: banks, title: 'No default: {company} rules out missed payment', summary: `{company} denied that it missed a payment. A default was averted weeks ago, its treasurer said on ${day}, and all coupons of this year have been paid.` },
  { times: 2, companies: banks, title: '{company} could default on its debt, analysts say', summary: `{company} may be unable to pay a bond next month if its assets cannot be sold, two analysts wrote on ${day}. The bank did not comment.` },
  { times: 2, companies: banks, title: 'Customers withdraw {f:1-6} billion from {company} in two days', summary: `Deposits at {company} fell by {f:1-6} billion euro since ${day} as customers withdraw their money. Branches stayed open until late.` },
  { times: 1, companies: ['Meridian Trust'], title: '{company} freezes withdrawals from property fund', summary: `{company} froze withdrawals from its property fund on ${day} after requests for {n:300-700} million dollars in a week.` },
  { times: 3, companies: ['Orbis Payments', 'Norrland Bank', 'Cobalt Air'], title: '{company} hit by {system-wide|regional} outage', summary: `An outage stopped {the systems|the services} of {company} for {n:2-9} hours on ${day}. Engineers found a faulty change in a data centre. Card payments were declined in {n:3-12} countries.` },
  { times: 2, companies: ['Orbis Payments', 'Southport Insurance'], title: 'Ransomware attack on {company}', summary: `{company} confirmed on ${day} that a ransomware attack locked {n:10-80} per cent of its servers. No date was given for the return of normal service.` },
  { times: 2, companies: ['Kestrel Energy', 'Lumen Semiconductor'], title: 'Ministry imposes sanctions on {company} unit', summary: `The trade ministry imposed sanctions on a unit of {company} on ${day}. Exports worth {n:50-400} million a year need a licence from now on.` },
  { times: 1, companies: ['Halden Steel'], title: 'Prosecutors charge {company} managers with accounting fraud', summary: `Two former managers of {company} were charged with accounting fraud on ${day}. Prosecutors say that orders of {n:40-90} million euro were invented.` },
  { times: 2, companies: banks, title: '{company} gets emergency liquidity', summary: `{company} received emergency liquidity of {f:2-9} billion euro against collateral, the central bank said on ${day}.` },
  { times: 4, companies: central, title: '{company} raises its key rate by {25|50} basis points', summary: `The {company} raised its key rate by {25|50} basis points on ${day}. {n:5-8} members voted for the step. Further steps depend on data, the statement says.` },
  { times: 4, companies: central, title: '{company} cuts its key rate', summary: `The {company} cut its key rate by {25|50} basis points on ${day} and said that inflation is expected to be close to target in {n:2-5} quarters.` },
  { times: 4, companies: central, title: '{company}: policy rate unchanged', summary: `The {company} kept its key rate at {f:1-5} per cent on ${day}, as economists had foreseen.` },
  { times: 6, companies: firms, title: '{company} issues profit warning', summary: `{company} lowers its outlook for the year: operating profit is now seen {n:10-40} per cent below plan. Costs rose and orders fell, it said on ${day}.` },
  { times: 6, companies: firms, title: '{company} agreed to buy {a rival|a supplier|a start-up} for {n:100-900} million', summary: `{company} agreed to buy {a rival|a supplier|a start-up} for {n:100-900} million dollars, it said on ${day}. The merger needs the consent of two authorities.` },
  { times: 3, companies: firms, title: '{company} considers takeover bid, sources say', summary: `{company} is said to weigh a takeover of a competitor worth {f:1-6} billion. Talks are at an early stage and might fail.` },
  { times: 5, companies: [...banks, ...firms], title: 'Agency downgrades {company}', summary: `A rating agency downgraded {company} by {one notch|two notches} on ${day}. It named debt of {f:1-9} billion and a weak outlook.` },
  { times: 4, companies: [...banks, ...firms], title: 'Agency upgrades {company}', summary: `A rating agency upgraded {company} on ${day} because its debt fell by {n:10-40} per cent in two years.` },
  { times: 5, companies: [...banks, ...firms], title: '{company} fined {n:2-90} million over {reporting failures|late disclosures|sales practices}', summary: `The regulator fined {company} {n:2-90} million euro on ${day}. The company accepts the penalty of the authority and has changed its controls.` },
  { times: 3, companies: firms, title: 'Regulator opens investigation into {company}', summary: `The competition authority opened an investigation into {company} on ${day}. It looks at contracts of the years 2023 to 2025.` },
  { times: 8, companies: [...firms, ...banks], title: '{company} quarterly profit rises {n:3-40} per cent', summary: `Net profit of {company} rose to {n:50-800} million euro in the quarter, up from {n:30-49} million. Revenue grew by {n:2-20} per cent. The dividend increases to {f:1-3} euro.` },
  { times: 8, companies: [...firms, ...banks], title: '{company} quarterly profit falls', summary: `Net profit of {company} fell by {n:5-45} per cent to {n:20-400} million euro. Higher energy costs weighed on margins, the company said on ${day}.` },
  { times: 5, companies: firms, title: '{company} narrows its loss', summary: `{company} said that its operating loss narrowed to {n:5-60} million dollars in the quarter, compared with {n:61-120} million a year before.` },
  { times: 5, companies: firms, title: '{company} raises guidance after strong orders', summary: `{company} raises guidance for the full year. Orders grew by {n:5-30} per cent and the company expects full-year revenue of {f:1-9} billion.` },
  { times: 4, companies: firms, title: '{company} confirms its outlook', summary: `{company} confirms its outlook for {sales|margins} and said on ${day} that the second half began as planned.` },
  { times: 5, companies: ['Brent crude', 'copper'], title: '{company} {climbs|slips} {n:1-6} per cent', summary: `{company} traded at {n:70-95} dollars on ${day}. Traders named {stocks in ports|a strike at a mine|weaker demand in Asia} as the reason.` },
  { times: 4, companies: central, title: '{company} on inflation: {f:1-6} per cent in {August|July}', summary: `Consumer prices rose by {f:1-6} per cent in {August|July}, the {company} said in its bulletin on ${day}. Energy prices fell.` },
  { times: 6, companies: firms, title: '{company} appoints {a new finance chief|a new chair|a head of risk}', summary: `{company} appoints {Mara Lind|Tom Okafor|Jana Weiss|Ravi Menon|Elif Demir} as of {October|January|March}. The post had been vacant since spring.` },
  { times: 4, companies: firms, title: '{company} opens {a plant|an office|a laboratory} in {Gdansk|Porto|Austin|Pune|Turku}', summary: `{company} opened {a plant|an office|a laboratory} with {n:40-900} jobs on ${day}. Local officials praised the investment.` },
  { times: 3, companies: ['Norrland Bank (NRLB)', 'Meridian Trust (NYSE: MRD)', 'Orbis Payments ($ORB)'], title: '{company} to speak at investor day', summary: `{company} will present its plans to investors on ${day}. A recording will be available afterwards.` },
  { times: 3, companies: ['European Banking Authority', 'Securities and Exchange Commission'], title: '{company} consults on reporting rules', summary: `The {company} opened a consultation on reporting templates. Comments are welcome until the {n:5-28}th of next month.` },
  { times: 6, companies: [...firms, ...banks], title: '{company} sells {its fleet unit|a pipeline|a software arm|land} for {n:20-400} million', summary: `{company} sold {a unit|an asset} that it no longer needs. Proceeds of {n:20-400} million euro reduce its debt, the company said on ${day}.` },
  { times: 6, companies: firms, title: '{company} wins order worth {n:30-600} million', summary: `{company} won an order worth {n:30-600} million dollars over {n:3-8} years. Delivery begins in {spring|autumn}.` },
  { times: 6, companies: firms, title: '{company} recalls {n:2-90} thousand {units|devices|packages}', summary: `{company} recalled {n:2-90} thousand {units|devices|packages} after {n:3-20} complaints. Costs are put at {n:2-30} million.` },
  { times: 6, companies: [...banks, ...firms], title: 'Study: {company} among most {trusted|watched|searched} names', summary: `{company} ranks {third|fourth|sixth} in a survey of {n:900-3000} readers that was published on ${day}.` },
  { times: 5, companies: firms, title: 'Strike at {company} enters day {n:2-9}', summary: `Workers of {company} stayed away from work on ${day} again. The union asks for {f:2-7} per cent more pay.` },
  { times: 5, companies: central, title: '{company} publishes minutes', summary: `Minutes of the {company} show that {n:2-4} members wanted to wait. Growth was called {modest|uneven|steady}.` },
  { times: 4, companies: central, title: '{company} sells bonds worth {n:2-30} billion', summary: `The {company} reduced its bond holdings by {n:2-30} billion in {August|July}. The pace stays as announced.` },
  { times: 4, companies: banks, title: '{company} closes {n:4-40} branches', summary: `{company} closes {n:4-40} branches by {March|June}. Staff were told on ${day}; customers keep their accounts.` },
  { times: 4, companies: firms, title: '{company} and {city council|university|port authority} sign accord', summary: `{company} signed an accord on {training|research|logistics} that runs for {n:2-6} years.` },
  { times: 1, companies: ['Southport Insurance'], title: '{company} sees higher default rates in credit insurance', summary: 'Default rates among small firms rose to {f:2-4} per cent, {company} writes in a study. It holds no such bonds itself.' },
];

export const noise = [
  { times: 6, title: 'Council votes on {parking|trees|benches|street lights}', summary: 'The council decided with {n:9-30} votes to {n:2-8}. Work begins in {May|June|September}.' },
  { times: 6, title: '{Baker|Teacher|Pilot|Nurse} of {n:30-79} years sails around {the bay|the island|the lake}', summary: 'The trip took {n:4-40} days. A school followed the boat on a map.' },
  { times: 5, title: 'Library lends {tools|seeds|instruments}', summary: 'Readers may now borrow {tools|seeds|instruments} for {n:2-6} weeks. {n:100-900} did so in the first month.' },
  { times: 6, title: '{Harbour festival|Book fair|Film week|Marathon} draws {n:10-90} thousand visitors', summary: 'Organisers counted {n:10-90} thousand visitors over the weekend. The weather was {kind|changeable}, and trams ran late into the night.' },
  { times: 6, title: '{Falcons|Herons|Lynxes|Otters} win {n:2-5}-{n:0-1}', summary: 'The {home side|visitors} scored early and kept the lead. The next match is on {Saturday|Sunday}.' },
  { times: 5, title: 'Museum shows {maps|clocks|tapestries} of the {n:15-19}th century', summary: 'The exhibition has {n:60-200} pieces, many of them never shown before. It runs until spring.' },
  { times: 5, title: 'Researchers describe a new {moss|beetle|mineral}', summary: 'The find was made at {n:900-2900} metres. The description has been published, and samples were given to {two|three} collections.' },
  { times: 4, title: 'Bridge closes for repairs', summary: 'The old bridge will be closed for {n:3-9} weeks. A ferry carries pedestrians and bicycles in the meantime.' },
  { times: 3, title: 'All in: the fed up farmer who beat the storm', summary: 'A farmer who was fed up with floods built a dam of straw. All of his fields stayed dry.' },
];

// Says which features of a message which mail programs lack, by the data of caniemail.com (MIT).

import { caniemail, rawData } from 'caniemail';

// What nobody has tried in a program is not held against it; the library would refuse to judge.
const programs = new Map(rawData.data.flatMap(({ stats }) => Object.entries(stats).flatMap(([family, platforms]) => Object.keys(platforms).map(platform => [`${family}.${platform}`, [family, platform]]))));
for (const { stats } of rawData.data) {
    for (const [family, platform] of programs.values()) {
        (stats[family] ??= {})[platform] ??= { untried: 'y' };
    }
}

export function unsupported({ html, clients }) {
    const { issues } = caniemail({ clients, html });
    const lacks = new Map();
    for (const [kind, found] of [['none', issues.errors], ['part', issues.warnings]]) {
        for (const [client, list] of found) {
            for (const { title } of list) {
                const key = `${title}\n${kind}`;
                lacks.set(key, { feature: title, support: kind, clients: [...new Set([...lacks.get(key)?.clients ?? [], client])] });
            }
        }
    }
    return [...lacks.values()];
}

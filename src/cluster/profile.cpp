#include "cluster/profile.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace cd::cluster {

namespace {

// Features that are told by another word when they are high or low; the first that fits.
struct Word {
    const char *part; // of the feature's name, between underscores
    const char *high, *low;
};
constexpr Word words[] = {
    {"days_since", "long ago", "recent"},
    {"weeks_since", "long ago", "recent"},
    {"months_since", "long ago", "recent"},
    {"years_since", "long ago", "recent"},
    {"recency", "long ago", "recent"},
    {"since", "long ago", "recent"},
    {"ago", "long ago", "recent"},
    {"tenure", "long-standing", "new"},
    {"age", "older", "young"},
};
constexpr std::size_t durations = 4; // so many of them may stand at the end of a name, where since else is a date
// Of these it depends on who made them which end is the good one.
constexpr const char *plain[] = {"score", "rank"};

bool has_part(std::string_view name, std::string_view part) {
    for (std::size_t at = name.find(part); at != name.npos; at = name.find(part, at + 1)) {
        const std::size_t end = at + part.size();
        if ((at == 0 || name[at - 1] == '_') && (end == name.size() || name[end] == '_')) return true;
    }
    return false;
}

std::string spoken(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

constexpr double discernible = 0.1, notable = 0.5, extreme = 2; // standard deviations

std::string phrase(const dataset::Column &column, const Trait &trait, double z) {
    if (column.is_category())
        return spoken(column.name) + (trait.level == 0 ? " unknown" : " " + std::string(column.levels[trait.level]));
    const std::string very = std::abs(z) >= extreme ? "very " : "";
    const auto has = [&column](const char *part) { return has_part(column.name, part); };
    if (std::none_of(std::begin(plain), std::end(plain), has)) {
        const bool duration = std::any_of(words, words + durations, [&](const Word &word) { return has(word.part); });
        // A date, as in customer_since: days since 2000, so a late one is high.
        if (!duration && (column.name == "since" || column.name.ends_with("_since")))
            return very + (z > 0 ? "new" : "long-standing");
        for (const Word &word : words)
            if (has(word.part)) return very + (z > 0 ? word.high : word.low);
    }
    return very + (z > 0 ? "high " : "low ") + spoken(column.name);
}

// Sums of many rows leave a trace of rounding: -5.5e-17 for 0, 4.000000000000007 for 4. Twelve digits are more than
// anybody reads, and what is that small beside the column's spread is nothing. Where the spread itself is in the later
// digits, all of them stay. to_chars and from_chars know no locale, so every server writes the same.
double tidy(double value, double sd) {
    if (std::abs(value) <= 1e-12 * sd) return 0;
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific, 11).ptr;
    double rounded = value;
    std::from_chars(digits, end, rounded);
    return std::abs(rounded - value) <= 1e-10 * sd ? rounded : value;
}

} // namespace

ClusterTotals totals_of(const Points &points, std::span<const std::uint32_t> label, std::size_t clusters, Poll poll) {
    ClusterTotals totals;
    totals.first.assign(1, 0);
    for (const std::uint32_t levels : points.levels) totals.first.push_back(totals.first.back() + levels);
    totals.rows.assign(clusters, 0);
    totals.weight.assign(clusters, 0);
    totals.number.assign(clusters * points.numbers, 0);
    totals.level.assign(clusters * totals.first.back(), 0);
    for (std::size_t i = 0; i < points.rows; ++i) {
        poll.every(i);
        const std::size_t c = label[i];
        const double w = points.weight_of(i), *const x = points.numbers_of(i);
        ++totals.rows[c];
        totals.weight[c] += w;
        for (std::size_t j = 0; j < points.numbers; ++j) totals.number[c * points.numbers + j] += w * x[j];
        double *const level = totals.level.data() + c * totals.first.back();
        for (std::size_t j = 0; j < points.categories; ++j) level[totals.first[j] + points.codes_of(i)[j]] += w;
    }
    for (std::size_t c = 0; c < clusters; ++c)
        for (std::size_t j = 0; j < points.numbers; ++j)
            if (totals.rows[c] > 0) totals.number[c * points.numbers + j] /= totals.weight[c];
    return totals;
}

Profile profile_of(const Inputs &inputs, const ClusterTotals &totals) {
    Profile profile;
    const std::size_t clusters = totals.clusters(), numbers = inputs.numbers();
    const double all = std::accumulate(totals.weight.begin(), totals.weight.end(), 0.0);
    profile.features = inputs.columns.size();
    profile.rows = totals.rows;
    for (std::size_t c = 0; c < clusters; ++c) {
        profile.share.push_back(totals.weight[c] / all);
        std::size_t number = 0, category = 0;
        for (std::size_t f = 0; f < profile.features; ++f) {
            Trait &trait = profile.traits.emplace_back();
            const Input &input = inputs.inputs[f];
            if (!input.is_category) {
                const double mean = totals.number[c * numbers + number++];
                trait.overall = tidy(input.mean, input.sd);
                trait.value = totals.rows[c] > 0 ? tidy(input.raw(mean), input.sd) : trait.overall;
                continue;
            }
            const auto levels = static_cast<std::uint32_t>(totals.first[category + 1] - totals.first[category]);
            for (std::uint32_t level = 1; level < levels; ++level)
                if (totals.level_of(c, category, level) > totals.level_of(c, category, trait.level))
                    trait.level = level;
            if (totals.rows[c] > 0) trait.value = totals.level_of(c, category, trait.level) / totals.weight[c];
            for (std::size_t other = 0; other < clusters; ++other)
                trait.overall += totals.level_of(other, category, trait.level);
            trait.overall /= all;
            ++category;
        }
    }
    return profile;
}

double z_score(const Inputs &inputs, const Profile &profile, std::size_t cluster, std::size_t feature) {
    const Trait &trait = profile.trait(cluster, feature);
    const double sd = inputs.columns[feature].is_category() ? std::sqrt(trait.overall * (1 - trait.overall))
                                                            : inputs.inputs[feature].sd;
    return sd > 0 ? (trait.value - trait.overall) / sd : 0;
}

std::vector<std::size_t> distinguishing(const Inputs &inputs, const Profile &profile, std::size_t cluster) {
    std::vector<std::size_t> features(profile.features);
    std::iota(features.begin(), features.end(), std::size_t{0});
    std::stable_sort(features.begin(), features.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(z_score(inputs, profile, cluster, a)) > std::abs(z_score(inputs, profile, cluster, b));
    });
    return features;
}

namespace {

using Phrases = std::vector<std::string>;

bool says(const Phrases &phrases, const std::string &phrase) {
    return std::find(phrases.begin(), phrases.end(), phrase) != phrases.end();
}

Phrases phrases_of(const Inputs &inputs, const Profile &profile, std::size_t cluster) {
    Phrases phrases;
    for (const std::size_t feature : distinguishing(inputs, profile, cluster)) {
        const double z = z_score(inputs, profile, cluster, feature);
        if (std::abs(z) < notable || phrases.size() == 3) break;
        // A value that is rarer here than elsewhere is no name for a cluster.
        if (inputs.columns[feature].is_category() && z < 0) continue;
        // Two features may say the same, recency and days_since_visit for instance.
        if (std::string word = phrase(inputs.columns[feature], profile.trait(cluster, feature), z);
            !says(phrases, word))
            phrases.push_back(std::move(word));
    }
    if (phrases.empty()) phrases.push_back("average");
    return phrases;
}

// Where a cluster lies farthest from another one of the same phrases, if that can be said of it: the feature is not
// told yet, and the cluster lies on that side of all rows too. Empty if there is no such feature.
std::string apart_from(const Inputs &inputs, const Profile &profile, std::size_t cluster, std::size_t other,
                       const Phrases &told) {
    std::string best;
    double farthest = discernible;
    for (std::size_t feature = 0; feature < profile.features; ++feature) {
        const dataset::Column &column = inputs.columns[feature];
        const Trait &trait = profile.trait(cluster, feature);
        const double z = z_score(inputs, profile, cluster, feature);
        double difference = z;
        if (!column.is_category())
            difference -= z_score(inputs, profile, other, feature);
        else if (z < 0 || trait.level == profile.trait(other, feature).level)
            continue;
        if (std::abs(z) < discernible || !(z * difference > 0) || std::abs(difference) <= farthest) continue;
        if (std::string word = phrase(column, trait, z); !says(told, word)) {
            best = std::move(word);
            farthest = std::abs(difference);
        }
    }
    return best;
}

} // namespace

std::vector<std::string> names_of(const Inputs &inputs, const Profile &profile, Poll poll) {
    const std::size_t clusters = profile.clusters();
    constexpr std::size_t longest = 6; // phrases; nobody reads more
    std::vector<Phrases> phrases;
    const auto in_any_order = [](const Phrases &list) { return std::set<std::string>(list.begin(), list.end()); };
    std::map<std::set<std::string>, std::size_t> owner; // the first cluster of these phrases
    for (std::size_t c = 0; c < clusters; ++c) {
        poll();
        phrases.push_back(phrases_of(inputs, profile, c));
        owner.try_emplace(in_any_order(phrases[c]), c);
    }
    std::vector<std::string> names;
    std::set<std::string> taken;       // values of categories may have commas and parentheses
    std::map<std::string, int> number; // of the last cluster with this name
    for (std::size_t c = 0; c < clusters; ++c) {
        poll();
        for (;;) {
            const std::size_t other = owner.try_emplace(in_any_order(phrases[c]), c).first->second;
            if (other == c || phrases[c].size() >= longest) break;
            std::string word = apart_from(inputs, profile, c, other, phrases[c]);
            if (word.empty()) break;
            phrases[c].push_back(std::move(word));
        }
        std::string joined;
        for (const std::string &word : phrases[c]) joined += (joined.empty() ? "" : ", ") + word;
        std::string name = joined;
        int &same = number.try_emplace(joined, 1).first->second;
        while (!taken.insert(name).second) name = joined + " (" + std::to_string(++same) + ")";
        names.push_back(name);
    }
    return names;
}

void tell_centre(const Inputs &inputs, const Profile &profile, std::size_t cluster, Json &json) {
    json.begin_object();
    for (std::size_t f = 0; f < profile.features; ++f) {
        const dataset::Column &column = inputs.columns[f];
        const Trait &trait = profile.trait(cluster, f);
        json.key(column.name);
        if (!column.is_category())
            json.number(trait.value);
        else if (trait.level == 0)
            json.null();
        else
            json.text(column.levels[trait.level]);
    }
    json.end_object();
}

void tell_differences(const Inputs &inputs, const Profile &profile, std::size_t cluster, Json &json) {
    json.begin_array();
    for (const std::size_t f : distinguishing(inputs, profile, cluster)) {
        const double z = z_score(inputs, profile, cluster, f);
        if (std::abs(z) < notable) break;
        const dataset::Column &column = inputs.columns[f];
        const Trait &trait = profile.trait(cluster, f);
        json.begin_object().key("feature").text(column.name);
        if (column.is_category()) {
            json.key("category");
            trait.level == 0 ? json.null() : json.text(column.levels[trait.level]);
        }
        json.key("value")
            .number(trait.value)
            .key("overall")
            .number(trait.overall)
            .key("z_score")
            .number(z)
            .end_object();
    }
    json.end_array();
}

void tell_profile(const Inputs &inputs, const Profile &profile, Json &json, Poll poll) {
    const std::vector<std::string> names = names_of(inputs, profile, poll);
    json.key("clusters").begin_array();
    for (std::size_t c = 0; c < profile.clusters(); ++c) {
        poll();
        json.begin_object().key("cluster").integer(c + 1).key("name").text(names[c]);
        json.key("size").integer(profile.rows[c]).key("share").number(profile.share[c]).key("centre");
        tell_centre(inputs, profile, c, json);
        json.end_object();
    }
    json.end_array();
}

std::size_t profile_room(const Profile &profile) {
    return profile.clusters() * (max_varint + sizeof(double)) +
           profile.traits.size() * (2 * sizeof(double) + max_varint);
}

std::uint8_t *put_profile(const Inputs &inputs, const Profile &profile, std::uint8_t *to) {
    for (std::size_t c = 0; c < profile.clusters(); ++c) {
        to = put_varint(to, profile.rows[c]);
        to = put_fixed(to, profile.share[c]);
        for (std::size_t f = 0; f < profile.features; ++f) {
            const Trait &trait = profile.trait(c, f);
            to = put_fixed(to, trait.value);
            to = put_fixed(to, trait.overall);
            if (inputs.columns[f].is_category()) to = put_varint(to, trait.level);
        }
    }
    return to;
}

void read_profile(Reader &reader, const Inputs &inputs, std::size_t clusters, Profile &profile) {
    const auto is_share = [](double v) { return v >= 0 && v <= 1 + 1e-9; };
    std::uint64_t rows = 0;
    profile.features = inputs.columns.size();
    for (std::size_t c = 0; c < clusters; ++c) {
        profile.rows.push_back(reader.varint(INT64_MAX - rows));
        rows += profile.rows.back();
        profile.share.push_back(read_doubles(reader, 1)[0]);
        reader.require(is_share(profile.share.back()), "A share is out of range.");
        for (const dataset::Column &column : inputs.columns) {
            const std::vector<double> values = read_doubles(reader, 2);
            Trait trait{values[0], values[1], 0};
            if (column.is_category()) {
                trait.level = static_cast<std::uint32_t>(reader.varint(column.levels.size()));
                reader.require(is_share(trait.value) && is_share(trait.overall), "A share is out of range.");
            }
            profile.traits.push_back(trait);
        }
    }
    reader.require(rows > 0, "All its clusters are empty.");
}

} // namespace cd::cluster

#include "segment/segment_order.hpp"
#include <map>
#include <set>

namespace cd::segment {

std::string way_back(const std::vector<Dependent> &all, const std::string &name, const std::vector<std::string> &uses) {
    std::map<std::string, const Dependent *> named;
    for (const Dependent &d : all) named.emplace(d.name, &d);
    std::map<std::string, std::string> reached_from; // in the order of a search in breadth, so the way is a short one
    std::vector<std::string> front;
    for (const std::string &used : uses)
        if (reached_from.try_emplace(used, "").second) front.push_back(used);
    for (std::size_t i = 0; i < front.size(); ++i) {
        const std::string at = front[i];
        if (at == name) {
            std::string way = at;
            for (std::string back = reached_from[at]; !back.empty(); back = reached_from[back]) way = back + ", " + way;
            return way;
        }
        const auto found = named.find(at);
        if (found == named.end()) continue;
        for (const std::string &used : found->second->uses)
            if (reached_from.try_emplace(used, at).second) front.push_back(used);
    }
    return {};
}

std::vector<std::string> refresh_order(const std::vector<Dependent> &all, const Poll &poll) {
    std::map<std::string, std::size_t> waits_for; // how many of its segments are not placed yet
    std::map<std::string, std::vector<std::string>> used_by;
    for (const Dependent &d : all) waits_for.emplace(d.name, 0);
    for (const Dependent &d : all)
        for (const std::string &used : std::set<std::string>(d.uses.begin(), d.uses.end()))
            if (waits_for.contains(used)) {
                ++waits_for[d.name];
                used_by[used].push_back(d.name);
            }
    std::set<std::string> ready;
    for (const auto &[name, n] : waits_for)
        if (n == 0) ready.insert(name);
    std::vector<std::string> order;
    while (!ready.empty()) {
        poll();
        order.push_back(*ready.begin());
        ready.erase(ready.begin());
        for (const std::string &name : used_by[order.back()])
            if (--waits_for[name] == 0) ready.insert(name);
    }
    if (order.size() < waits_for.size()) {
        std::string left;
        for (const auto &[name, n] : waits_for)
            if (n > 0) left += (left.empty() ? "" : ", ") + name;
        throw Error(sqlstate::invalid_parameter, "segments use each other in a circle",
                    "In it, or using it, are: " + left + ".", "Define one of them without the others.");
    }
    return order;
}

} // namespace cd::segment

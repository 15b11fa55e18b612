// A rule as one SQL query over a profile: its columns, types, operators and events come from the catalog here.
#pragma once
#include "segment/segment_store_sql.hpp"
#include <map>
#include <set>

namespace cd::segment {

// Leaves are compiled for one profile: a relation with one row for each subject.
class Compiler final : public LeafSql {
  public:
    // `segments` are those that a rule may name.
    Compiler(Oid owner, Oid profile, const std::string &key, const std::vector<Dependent> &segments);

    std::string sql(const Node &leaf) override;
    // The subjects for whom the rule is fulfilled.
    std::string query(const Node &root);
    // One row: how many subjects every node has, in the order of each_node. One scan.
    std::string counts(const Node &root);

    const std::string &profile() const { return profile_name_; }

  private:
    struct Column {
        std::string sql;
        Oid type; // beneath domains
        Oid collation;
    };
    struct Event {
        std::string relation, subject, time;
        Oid subject_type, time_type;
    };
    Column column(const Node &, const std::string &name) const;
    const Event &event(const Node &, const std::string &name);
    std::string literal(const Node &, Oid type, const std::string &value) const;
    void check_order(const Node &, const Column &, Oid less, const std::vector<Json> &values) const;
    std::string compare(const Node &, const Compare &) const;
    std::string did(const Node &, const Did &);
    std::string within_km(const Node &, const WithinKm &) const;
    std::string tag(const Node &, const Tag &) const;

    Oid owner_, profile_;
    std::string profile_name_, key_;
    Oid key_type_;
    std::set<std::string> segments_;
    std::map<std::string, Event> events_;
    // The types of a profile may be anybody's, and read their values here.
    pg::AsReader reader_{GetUserId(), safe_path};
};

// Throws unless these are the columns of events: who, and when (timestamptz, timestamp or date).
void check_event(Oid relation, const std::string &subject, const std::string &time);
std::string relation_name(Oid);

} // namespace cd::segment

// How bindings read datasets, and rows of a query as features of a model.
#pragma once
#include "customer_data.hpp"
#include "dataset/dataset.hpp"
#include "dataset/feature_sql.hpp"
#include "pg/record.hpp"
#include "pg/table_state.hpp"

namespace cd::dataset {

// Throws if a name or value is no text of this database.
void check_text(const Columns &columns, const char *type);
void check_text(std::string_view text, const char *type);

// Where the columns of a row go.
struct RowPlan {
    struct Field {
        int attribute;
        std::size_t column;
        Feature feature;
    };
    pg::Record record;
    std::pmr::string label, weight, customer; // empty if there is none
    std::pmr::vector<std::uint8_t> ignore;    // as it was given
    // Weight and label, if there are such, then the features.
    std::pmr::vector<Field> fields;
    struct Owner {
        int attribute;
        Identity identity;
    };
    std::optional<Owner> owner; // whose row it is
    explicit RowPlan(std::pmr::memory_resource *memory)
        : label(memory), weight(memory), customer(memory), ignore(memory), fields(memory) {}
};

struct DatasetState : Dataset {
    static constexpr const char *type = "dataset";
    pg::ContextMemory &memory;
    RowPlan plan;
    bool of_arrays = false; // the columns are those of arrays, not of a record

    explicit DatasetState(pg::ContextMemory *m) : Dataset(m, max_dataset_memory()), memory(*m), plan(m) {}
    void merge(Bytes flat) { Dataset::merge(flat, pg::interrupts); }
    Bytes flatten(pg::ContextMemory &m) const;
    static Bytes check(Bytes untrusted);
};

using State = pg::TableState<DatasetState>;

// Make them after the last backend call that can raise; of several arguments, take all before.
inline View view_of(const State::Arg &arg) { return arg.object ? View(*arg.object) : View(arg.flat, pg::interrupts); }
inline View view_arg(Datum d) { return view_of(State::arg(d)); }

} // namespace cd::dataset

// Arguments of the functions that read a query, and the columns that it must have.
#pragma once
#include "churn/observation.hpp"
#include "pg/user_query.hpp"

namespace cd::churn {

enum class Least { zero, above_zero };
Span span_arg(FunctionCallInfo, int argument, const char *name, Least);
std::optional<Span> optional_span_arg(FunctionCallInfo, int argument, const char *name);
std::optional<Micros> time_arg(FunctionCallInfo, int argument, const char *name);

// A query whose columns count by their place: an id of any type first, then times, then an amount that may be left out.
// A row without an id or without the first time is skipped.
class CustomerRows : public pg::RowVisitor {
  public:
    // The names are for messages.
    CustomerRows(std::vector<const char *> times, const char *amount) : times_(std::move(times)), amount_(amount) {}
    void columns(TupleDesc) final;
    void visit(TupleTableSlot *) final;
    bool has_amount() const { return has_amount_; }
    // Reads the rows of the query in this argument as the caller, and tells how many were skipped.
    void read(FunctionCallInfo, int argument);

  protected:
    ~CustomerRows() = default;
    // Of a row, while visit() runs: NULL is empty. A time may be infinite.
    std::string_view id() const { return id_; }
    std::optional<Micros> time(std::size_t i) const { return at_[i]; }
    std::optional<double> amount() const { return value_; }
    [[noreturn]] static void refuse_infinite(const char *name);

  private:
    virtual void take() = 0;

    std::vector<const char *> times_;
    const char *amount_;
    bool has_amount_ = false;
    pg::TextColumn id_column_;
    Oid time_types_[2] = {}, amount_type_ = InvalidOid;
    std::string_view id_;
    std::optional<Micros> at_[2];
    std::optional<double> value_;
    std::uint64_t skipped_ = 0;
};

} // namespace cd::churn

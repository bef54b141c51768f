//! The queueing formulas that labs are held against.

/// Little's law: the mean number in a system is arrival rate times mean time in it. Source: J. D. C. Little, 1961.
pub fn little(arrivals_per_second: f64, seconds_in_system: f64) -> f64 {
    arrivals_per_second * seconds_in_system
}

/// Erlang's C formula: the probability that an arrival has to wait in an M/M/c queue with `servers` servers and an offered load of
/// `offered` erlangs (arrival rate times mean service time). 1 when the load is not below the number of servers.
/// Source: Gross et al., "Fundamentals of Queueing Theory", section 2.3, computed by the recursion of Erlang's B formula.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    if offered >= f64::from(servers) {
        return 1.0;
    }
    let blocking = (1..=servers).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
    let utilisation = offered / f64::from(servers);
    blocking / (1.0 - utilisation + utilisation * blocking)
}

/// Mean wait of all arrivals in an M/M/c queue, in the unit of `service_time`; infinite when the load is not below the
/// number of servers.
pub fn mean_wait(servers: u32, offered: f64, service_time: f64) -> f64 {
    let spare = f64::from(servers) - offered;
    if spare <= 0.0 { f64::INFINITY } else { erlang_c(servers, offered) * service_time / spare }
}

/// Mean wait of all arrivals in an M/D/1 queue, where each needs the same `service_time` and one is served at a time, in that unit; infinite
/// when the load is not below 1. Source: Pollaczek and Khinchine's formula, in Gross et al., section 5.1.
pub fn mean_wait_of_constant_service(offered: f64, service_time: f64) -> f64 {
    if offered >= 1.0 { f64::INFINITY } else { offered * service_time / (2.0 * (1.0 - offered)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_waits_as_often_as_it_is_busy() {
        assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12);
    }

    #[test]
    fn agrees_with_published_values() {
        // Ten servers at eight erlangs: 0.409.
        assert!((erlang_c(10, 8.0) - 0.409).abs() < 5e-4, "{}", erlang_c(10, 8.0));
        assert!((mean_wait(10, 8.0, 100.0) - 20.46).abs() < 0.02);
    }

    #[test]
    fn constant_service_halves_the_wait_of_exponential_service() {
        assert!((mean_wait_of_constant_service(0.9, 20.0) - 90.0).abs() < 1e-9);
        assert!((mean_wait(1, 0.9, 20.0) - 180.0).abs() < 1e-9);
    }

    #[test]
    fn an_overloaded_queue_waits_for_ever() {
        assert_eq!(erlang_c(10, 16.0), 1.0);
        assert_eq!(mean_wait(10, 16.0, 0.2), f64::INFINITY);
        assert_eq!(mean_wait_of_constant_service(1.0, 20.0), f64::INFINITY);
        assert_eq!(little(80.0, 0.2), 16.0);
    }
}

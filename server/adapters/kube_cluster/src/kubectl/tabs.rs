//! Elastic tab stops, as Go's `text/tabwriter` computes them.
//!
//! A tab ends a cell; the cells of one column in neighbouring lines form a block as wide as its widest
//! cell plus padding; the text after a line's last tab is never padded. Source: Go, `text/tabwriter`.

/// How wide columns are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The narrowest a column may be, in characters.
    min_width: usize,
    /// Spaces after the widest cell.
    padding: usize,
}

/// What `kubectl get` and `top` use (`k8s.io/cli-runtime/pkg/printers/tabwriter.go`).
pub(super) const TABLE: Layout = Layout {
    min_width: 6,
    padding: 3,
};

/// What `kubectl describe` uses (`tabbedString` in `k8s.io/kubectl/pkg/describe`).
pub(super) const PAGE: Layout = Layout {
    min_width: 0,
    padding: 2,
};

/// The text with its tabs turned into spaces.
pub(super) fn align(text: &str, layout: Layout) -> String {
    let lines: Vec<Vec<&str>> = text
        .split('\n')
        .map(|line| line.split('\t').collect())
        .collect();
    let widths = column_widths(&lines, layout);
    let mut out = String::with_capacity(text.len() * 2);
    for (index, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for (cell, width) in cells.iter().zip(widths) {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
        }
        out.push_str(cells.last().copied().unwrap_or_default());
    }
    out
}

/// For each line the widths of its tab-ended cells.
fn column_widths(lines: &[Vec<&str>], layout: Layout) -> Vec<Vec<usize>> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|_| Vec::new()).collect();
    for column in 0..columns {
        let mut start = 0;
        while start < lines.len() {
            let end = block_end(lines, column, start);
            let width = lines[start..end]
                .iter()
                .map(|cells| cells[column].chars().count() + layout.padding)
                .max()
                .unwrap_or_default()
                .max(layout.min_width);
            widths[start..end]
                .iter_mut()
                .for_each(|line| line.push(width));
            start = end.max(start + 1);
        }
    }
    widths
}

/// The first line from `start` on that has no tab-ended cell in `column`.
fn block_end(lines: &[Vec<&str>], column: usize, start: usize) -> usize {
    lines[start..]
        .iter()
        .position(|cells| cells.len() <= column + 1)
        .map_or(lines.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_to_the_widest_cell_and_leaves_the_last_alone() {
        assert_eq!(
            align(
                "NAME\tREADY\tAGE\nweb-1\t1/1\t5d\nweb-long-name\t0/1\t3h\n",
                TABLE
            ),
            "NAME            READY   AGE\nweb-1           1/1     5d\nweb-long-name   0/1     3h\n"
        );
    }

    #[test]
    fn a_line_without_tabs_ends_the_block() {
        assert_eq!(
            align("A:\tx\nplain\nLonger:\ty\n", PAGE),
            "A:  x\nplain\nLonger:  y\n"
        );
    }

    #[test]
    fn columns_are_at_least_the_minimum_wide() {
        assert_eq!(align("a\tb\n", TABLE), "a     b\n");
    }

    #[test]
    fn a_tab_at_the_end_pads_the_last_cell() {
        assert_eq!(
            align("NAME\tCPU\t\nweb\t1m\t\n", TABLE),
            "NAME   CPU   \nweb    1m    \n"
        );
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        assert_eq!(align("é\tx\nab\ty\n", PAGE), "é   x\nab  y\n");
    }
}

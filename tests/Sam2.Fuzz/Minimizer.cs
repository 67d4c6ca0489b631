namespace Sam2.Fuzz;

/// <summary>Makes a faulty input small: takes parts away, ever smaller ones, as long as the fault stays the same.</summary>
public static class Minimizer
{
    /// <summary>The smallest input found, in a few thousand attempts.</summary>
    public static byte[] Minimize(FuzzTarget target, string path, byte[] input)
    {
        const int Attempts = 4_000;
        string? Fault(byte[] candidate)
        {
            File.WriteAllBytes(path, candidate);
            return FuzzVerdict.Of(target, path, candidate, TimeSpan.MaxValue).Fault;
        }

        string? fault = Fault(input);
        if (fault is null)
        {
            return input;
        }

        int left = Attempts;
        for (int size = Math.Max(1, input.Length / 2); size >= 1 && left > 0; size /= 2)
        {
            for (int at = 0; at + size <= input.Length && left-- > 0;)
            {
                byte[] shorter = [.. input[..at], .. input[(at + size)..]];
                if (Fault(shorter) == fault)
                {
                    input = shorter;
                }
                else
                {
                    at += size;
                }
            }
        }

        return input;
    }
}

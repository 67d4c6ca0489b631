namespace TorchSharp;

// In-place random values.
public static partial class torch
{
    /// <summary>See torch.bernoulli.</summary>
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);
}

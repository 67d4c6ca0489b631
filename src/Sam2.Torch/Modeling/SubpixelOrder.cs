using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Feature maps as tokens in the order in which transposed convolutions of kernel and stride 2 produce them: the four
/// pixels that come from one token stand together. In this order such a convolution is one matrix product, and steps that
/// act on each pixel alone need no transposition; only the few mask channels are brought to image order at the end.
/// </summary>
public static class SubpixelOrder
{
    /// <summary>Orders <c>[B, C, H·2ⁿ, W·2ⁿ]</c> as tokens, <c>[B, H·W·4ⁿ, C]</c>, for <paramref name="doublings"/> n.</summary>
    public static Tensor FromImage(Tensor image, int doublings)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (image.shape[0], image.shape[1], image.shape[2], image.shape[3]);
        var halves = Enumerable.Repeat(2L, doublings).ToArray();
        long[] split = [batch, channels, height >> doublings, .. halves, width >> doublings, .. halves];
        int y = 2, x = 3 + doublings;
        var order = new List<long> { 0, y, x };
        for (var i = 1; i <= doublings; i++) order.AddRange([y + i, x + i]);
        order.Add(1);
        return image.reshape(split).permute([.. order]).reshape(batch, -1, channels).MoveToOuterDisposeScope();
    }

    /// <summary>The inverse: maps per token, <c>[B, M, H·W·4ⁿ]</c>, to <c>[B, M, H·2ⁿ, W·2ⁿ]</c>.</summary>
    /// <param name="tokens">One row of tokens per map.</param>
    /// <param name="height">H, in tokens of the image embedding.</param>
    /// <param name="width">W, in tokens of the image embedding.</param>
    /// <param name="doublings">n.</param>
    public static Tensor ToImage(Tensor tokens, long height, long width, int doublings)
    {
        using var scope = NewDisposeScope();
        long[] split = [tokens.shape[0], tokens.shape[1], height, width, .. Enumerable.Repeat(2L, 2 * doublings)];
        var order = new List<long> { 0, 1, 2 };
        for (var i = 0; i < doublings; i++) order.Add(4 + 2 * i);
        order.Add(3);
        for (var i = 0; i < doublings; i++) order.Add(5 + 2 * i);
        return tokens.view(split).permute([.. order])
            .reshape(tokens.shape[0], tokens.shape[1], height << doublings, width << doublings).MoveToOuterDisposeScope();
    }
}
